/**
 * Measures deliveries per second and memory per idle connection, both transports:
 * `node apps/realtime/test/support/measure.ts [seconds] [idle connections]`.
 * The clients do as little as they can, so that the server's core is the one that is busy.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const seconds = Number(process.argv[2] ?? 5);
const idle = Number(process.argv[3] ?? 5000);
const transports = ['ws', 'socketio'] as const;
type Transport = (typeof transports)[number];

const shared = Buffer.alloc(256 * 1024);

/** A masked text frame; the mask is not zero, or the server would be spared its work. */
function clientFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = body.length < 126 ? 6 : 8;
  const frame = Buffer.allocUnsafe(head + body.length);
  frame[0] = 0x81;
  frame[1] = 0x80 | (head === 6 ? body.length : 126);
  if (head === 8) frame.writeUInt16BE(body.length, 2);
  const mask = [0x5a, 0x12, 0xc3, 0x77] as const;
  frame.set(mask, head - 4);
  for (let i = 0; i < body.length; i++) frame[head + i] = (body[i] as number) ^ (mask[i & 3] as number);
  return frame;
}

/** Opens a connection; `onFrame` gets the first bytes of each frame as Latin-1 text. */
function open(
  port: number,
  transport: Transport,
  token: string,
  onFrame: (start: string) => void,
): Promise<Socket> {
  const path = transport === 'ws' ? `/ws?token=${token}` : '/socket.io/?EIO=4&transport=websocket';
  return new Promise((resolve, reject) => {
    let upgraded = false;
    let rest: Buffer | null = null;
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: shared,
        callback(size, buffer) {
          let bytes = Buffer.from(buffer.buffer, buffer.byteOffset, size);
          if (rest) bytes = Buffer.concat([rest, bytes]);
          let at = 0;
          if (!upgraded) {
            at = bytes.indexOf('\r\n\r\n') + 4;
            upgraded = true;
            if (transport === 'ws') socket.write(clientFrame('{"event":"ping"}'));
          }
          while (bytes.length - at >= 4) {
            const short = (bytes[at + 1] as number) < 126;
            const length = short ? (bytes[at + 1] as number) : bytes.readUInt16BE(at + 2);
            const start = at + (short ? 2 : 4);
            if (bytes.length < start + length) break;
            const text = bytes.toString('latin1', start, start + Math.min(length, 40));
            at = start + length;
            if (text[0] === '0') socket.write(clientFrame(`40{"token":"${token}"}`));
            else if (text === '2') socket.write(clientFrame('3'));
            else if (text.startsWith('40') || text.startsWith('{"event":"pong"')) resolve(socket);
            else onFrame(text);
          }
          rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : null;
          return true;
        },
      },
    });
    socket.on('error', reject);
    socket.on('connect', () => {
      const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
      const more =
        'User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept-Language: de,en\r\nOrigin: http://localhost\r\n';
      socket.write(
        `${head}${more}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
    });
  });
}

class Measured {
  readonly #child: ChildProcess;
  #asks = 0;
  readonly port: Promise<number>;

  constructor() {
    this.#child = fork(new URL('./measure-server.ts', import.meta.url), { execArgv: ['--expose-gc'] });
    this.port = new Promise((resolve) =>
      this.#child.once('message', ({ port }: { port: number }) => resolve(port)),
    );
  }

  ask<T>(kind: string, more: object = {}): Promise<T> {
    const id = ++this.#asks;
    return new Promise((resolve) => {
      const listen = (answer: { id: number; result: T }) => {
        if (answer.id !== id) return;
        this.#child.off('message', listen);
        resolve(answer.result);
      };
      this.#child.on('message', listen);
      this.#child.send({ id, kind, ...more });
    });
  }

  stop(): void {
    this.#child.disconnect();
  }
}

interface World {
  users: string[];
  tokens: string[];
  chats: string[];
}

async function openAll(
  port: number,
  transport: Transport,
  tokens: string[],
  onFrame: (index: number, start: string) => void,
) {
  const sockets: Socket[] = [];
  for (let at = 0; at < tokens.length; at += 100) {
    const some = tokens.slice(at, at + 100);
    sockets.push(
      ...(await Promise.all(
        some.map((token, i) => open(port, transport, token, (start) => onFrame(at + i, start))),
      )),
    );
  }
  return sockets;
}

async function measureFanOut(transport: Transport, size: number): Promise<void> {
  const server = new Measured();
  const world = await server.ask<World>('prepare', { count: 200 });
  const sockets = await openAll(await server.port, transport, world.tokens, () => {});
  await server.ask('fan-out', { users: world.users, size, ms: 1000 });
  const result = await server.ask<{ deliveries: number; ms: number; cpuMs: number }>('fan-out', {
    users: world.users,
    size,
    ms: seconds * 1000,
  });
  const perSecond = Math.round((result.deliveries / result.ms) * 1000);
  const micros = ((result.cpuMs * 1000) / result.deliveries).toFixed(1);
  console.log(
    `${transport}, one message to ${size}: ${perSecond} deliveries/s, ${micros} µs of server CPU each`,
  );
  for (const socket of sockets) socket.destroy();
  server.stop();
}

/** Every client sends to its neighbour with `window` messages on their way, all the time. */
async function measurePairs(transport: Transport, count: number, window: number): Promise<void> {
  const server = new Measured();
  const world = await server.ask<World>('prepare', { count });
  let news = 0;
  let answers = 0;
  const send = (index: number): void => {
    const data = `{"chat_id":"${world.chats[index]}","client_msg_id":"${randomUUID()}","type":"text","payload":{"body":"See you at the lake?"}}`;
    const text =
      transport === 'ws'
        ? `{"event":"message.send","data":${data},"req_id":"1"}`
        : `421["message.send",${data}]`;
    sockets[index]?.write(clientFrame(text));
  };
  const sockets = await openAll(await server.port, transport, world.tokens, (index, start) => {
    if (start.includes('message.new')) news++;
    else if (start.includes('message.sent') || start.startsWith('431')) {
      answers++;
      send(index);
    } else if (start.includes('error')) throw new Error(start);
  });
  for (let i = 0; i < count; i++) for (let n = 0; n < window; n++) send(i);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const before = await server.ask<NodeJS.CpuUsage>('cpu');
  const from = { news, answers, at: performance.now() };
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const cpu = await server.ask<NodeJS.CpuUsage>('cpu');
  const ms = performance.now() - from.at;
  const sends = ((answers - from.answers) / ms) * 1000;
  const delivered = ((news - from.news) / ms) * 1000;
  const used = cpu.user + cpu.system - before.user - before.system;
  console.log(
    `${transport}, ${count} senders × ${window}: ${Math.round(sends)} sends/s, ${Math.round(delivered)} deliveries/s, ` +
      `${(used / (answers - from.answers)).toFixed(1)} µs of server CPU per send (frame in, answer out, delivery out)`,
  );
  for (const socket of sockets) socket.destroy();
  server.stop();
}

async function measureIdle(transport: Transport): Promise<void> {
  const server = new Measured();
  const port = await server.port;
  const world = await server.ask<World>('prepare', { count: idle + 500 });
  await openAll(port, transport, world.tokens.slice(0, 500), () => {});
  type Memory = { rss: number; heap: number; connections: number };
  const before = await server.ask<Memory>('memory');
  await openAll(port, transport, world.tokens.slice(500), () => {});
  const after = await server.ask<Memory>('memory');
  const each = (key: 'rss' | 'heap') =>
    ((after[key] - before[key]) / 1024 / (after.connections - before.connections)).toFixed(1);
  console.log(
    `${transport}, ${after.connections} idle: ${each('rss')} KiB of RSS each (heap ${each('heap')})`,
  );
  server.stop();
}

for (const transport of transports) {
  if (seconds > 0) {
    await measureFanOut(transport, 1);
    await measureFanOut(transport, 20);
    await measurePairs(transport, 50, 1);
    await measurePairs(transport, 50, 8);
  }
  if (idle > 0) await measureIdle(transport);
}
process.exit(0);
