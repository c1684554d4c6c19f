import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnyBusEvent, BusPayload, BusSubject } from '@parley/contract';
import { createRealtime, type Realtime, type Timings } from '@parley/realtime';
import type { ManagerOptions, SocketOptions } from 'socket.io-client';
import { expect } from 'vitest';
import { IoClient, RawClient, type TestClient, type TransportName } from './clients.ts';
import { type FakeRuntime, fakeRuntime } from './fake-runtime.ts';

/** A server with real time on a free port, two users and a chat of theirs. `await using` closes it. */
export class World implements AsyncDisposable {
  readonly fake: FakeRuntime;
  readonly realtime: Realtime;
  readonly server: Server;
  readonly alice: string;
  readonly bob: string;
  readonly chat: string;
  readonly #clients: (RawClient | IoClient)[] = [];
  port = 0;

  private constructor(timings: Partial<Timings>, like?: World) {
    this.fake = fakeRuntime(like?.fake.shared);
    this.alice = like?.alice ?? this.user();
    this.bob = like?.bob ?? this.user();
    this.chat = like?.chat ?? this.chatOf(this.alice, this.bob);
    this.server = createServer((_req, res) => res.writeHead(404).end());
    this.realtime = createRealtime(this.fake.runtime, timings);
    this.realtime.attach(this.server);
  }

  /** `like` makes it a further instance of the same cluster. */
  static async start(timings: Partial<Timings> = {}, like?: World): Promise<World> {
    const world = new World(timings, like);
    if (like) link(like, world);
    await new Promise<void>((resolve) => world.server.listen(0, '127.0.0.1', resolve));
    world.port = (world.server.address() as AddressInfo).port;
    return world;
  }

  user(): string {
    return this.fake.users.add(randomUUID()).id;
  }

  chatOf(...users: string[]): string {
    return this.fake.chats.add(randomUUID(), users).chat_id;
  }

  token(userId: string, sessionId: string = randomUUID(), seconds = 900): string {
    return this.fake.tokens.make(userId, sessionId, seconds);
  }

  /** A raw connection with whatever in its URL and headers. */
  raw(query = '', headers: Record<string, string> = {}): RawClient {
    const client = new RawClient(`ws://127.0.0.1:${this.port}/ws${query}`, headers);
    this.#clients.push(client);
    return client;
  }

  io(auth: object, options: Partial<ManagerOptions & SocketOptions> = {}): IoClient {
    const client = new IoClient(`http://127.0.0.1:${this.port}`, auth, options);
    this.#clients.push(client);
    return client;
  }

  /** A signed-in device of a user. */
  async device(transport: 'ws', userId: string, token?: string): Promise<RawClient>;
  async device(transport: 'socketio', userId: string, token?: string): Promise<IoClient>;
  async device(transport: TransportName, userId: string, token?: string): Promise<TestClient>;
  async device(transport: TransportName, userId: string, token = this.token(userId)): Promise<TestClient> {
    const client = transport === 'ws' ? this.raw(`?token=${token}`) : this.io({ token });
    await client.opened();
    // The answer says that the token was checked.
    await client.ask('ping');
    return client;
  }

  /** A text message as `message.send` takes it. */
  text(body = 'hello', more: object = {}) {
    return { chat_id: this.chat, client_msg_id: randomUUID(), type: 'text', payload: { body }, ...more };
  }

  /** Publishes an event as core does; resolves when it was taken. */
  async publish<S extends BusSubject>(subject: S, payload: BusPayload<S>): Promise<void> {
    const { bus, clock } = this.fake;
    const timestamp = new Date(clock.now()).toISOString();
    const event = { event_id: randomUUID(), event_type: subject, timestamp, request_id: 'test', trace: null };
    await bus.publish([{ ...event, payload } as AnyBusEvent]);
    expect(bus.failures).toEqual([]);
  }

  /** The value of a metric, or of those of its series that have the labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const metrics = await this.fake.runtime.metrics.registry.getMetricsAsJSON();
    const values = metrics.find((metric) => metric.name === name)?.values ?? [];
    return values
      .filter((value) =>
        Object.entries(labels).every(
          ([key, wanted]) => (value.labels as Record<string, unknown>)[key] === wanted,
        ),
      )
      .reduce((sum, value) => sum + value.value, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.realtime.drain();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Makes two instances hear of each other. */
function link(one: World, other: World): void {
  one.fake.fanOut.solitary = false;
  other.fake.fanOut.solitary = false;
  one.fake.fanOut.peers.push(other.fake.fanOut);
  other.fake.fanOut.peers.push(one.fake.fanOut);
}

/** A promise for what is to become true, looked at whenever the event loop turns. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
