/** The two ways for packets that are compared, behind one face. */
import { createRedis, RedisFanOut } from '@parley/platform';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

export type CarrierName = 'adapter' | 'parley';

export interface Data {
  sent_at: number;
  padding: string;
}

export interface Carrier {
  /** Receives packets for the topic from now on. */
  hold(topic: string): Promise<void>;
  onPacket(handler: (sentAt: number) => void): void;
  send(topics: string[], data: Data): Promise<void>;
  /** Resolves when Redis has all that was sent. */
  flushed(): Promise<unknown>;
  /** Microseconds of processor time that Redis has used. */
  redisCpu(): Promise<number>;
  close(): Promise<void>;
}

export function createCarrier(name: CarrierName, url: string): Promise<Carrier> {
  return name === 'adapter' ? adapter(url) : parley(url);
}

async function parley(url: string): Promise<Carrier> {
  const redis = createRedis({ urls: [url], mode: 'single', name: 'bench', onError: console.error });
  const fanOut = new RedisFanOut(redis, { log: console });
  await fanOut.loopback();
  let sent = 0;
  return {
    hold: (topic) => fanOut.join(topic),
    onPacket(handler) {
      fanOut.subscribe((packet) => handler(JSON.parse(packet.data).sent_at));
    },
    send: (topics, data) =>
      fanOut.send({
        id: `${process.pid}-${sent++}`,
        topics,
        except: null,
        event: 'message.new',
        data: JSON.stringify(data),
      }),
    flushed: async () => undefined,
    redisCpu: async () => cpuOf(await redis.run(() => redis.commands.info('cpu'))),
    async close() {
      await fanOut.close();
      await redis.close();
    },
  };
}

async function adapter(url: string): Promise<Carrier> {
  const [publisher, subscriber] = [new Redis(url), new Redis(url)];
  const io = new Server({
    adapter: createShardedAdapter(publisher, subscriber, { subscriptionMode: 'dynamic' }),
  });
  const namespace = io.of('/');
  let handle: (sentAt: number) => void = () => {};
  let current: string | undefined;
  // Sockets without a connection: what would be written to it is counted once for each packet.
  const sockets = namespace.sockets as unknown as Map<string, unknown>;
  const local = namespace.adapter as unknown as {
    onMessage(message: { data?: { packet?: { data?: [string, Data] } } }): void;
    addAll(id: string, rooms: Set<string>): void;
  };
  const onMessage = local.onMessage.bind(local);
  local.onMessage = (message) => {
    current = undefined;
    onMessage(message);
    const data = message.data?.packet?.data?.[1];
    if (current !== undefined && data) handle(data.sent_at);
  };
  return {
    async hold(topic) {
      const id = `socket-${topic}`;
      const client = {
        writeToEngine: () => {
          current = topic;
        },
      };
      sockets.set(id, { id, client, notifyOutgoingListeners: () => {} });
      local.addAll(id, new Set([topic]));
      await subscriber.ping();
    },
    onPacket(handler) {
      handle = handler;
    },
    async send(topics, data) {
      namespace.to(topics).emit('message.new', data);
    },
    flushed: () => publisher.ping(),
    redisCpu: async () => cpuOf(await publisher.info('cpu')),
    async close() {
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}

function cpuOf(info: string): number {
  const seconds = (name: string) =>
    Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? Number.NaN);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6;
}
