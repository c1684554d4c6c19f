/** Realtime programs that tests see through, and the public port in front of them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { createApi } from '../../src/api.ts';
import { createForward, type ForwardOptions } from '../../src/forward/forward.ts';
import { Targets } from '../../src/forward/targets.ts';
import { type FakeRuntime, fakeRuntime } from './fake-runtime.ts';

export async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening');
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

/** Resolves once the condition holds; rejects after 10 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not come to pass in 10 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A realtime program that echoes, and says its name to polls. */
export class Echo implements AsyncDisposable {
  readonly name: string;
  readonly sockets = new WebSocketServer({ noServer: true });
  /** X-Forwarded-For of what came in, and Host. */
  readonly headers: (string | string[] | undefined)[] = [];
  readonly hosts: (string | undefined)[] = [];
  /** Connections, and polls that are held or were. */
  connections = 0;
  polls = 0;
  refusing = false;
  url = '';
  readonly #server = createServer((req, res) => {
    this.polls++;
    this.#note(req);
    if (req.method === 'GET' && req.url?.includes('hang')) return;
    res.writeHead(this.refusing ? 503 : 200, { 'X-Name': this.name }).end(this.name);
  });

  constructor(name: string) {
    this.name = name;
    this.#server.on('connection', () => this.connections++);
    this.#server.on('upgrade', (req, socket, head) => {
      if (this.refusing) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      if (req.url?.includes('missing')) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone');
        return;
      }
      this.#note(req);
      this.sockets.handleUpgrade(req, socket, head, (ws) => {
        // At once, so that it may come with the answer to the upgrade.
        ws.send(`hello from ${this.name} at ${req.url}`);
        ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
      });
    });
  }

  #note(req: IncomingMessage): void {
    this.headers.push(req.headers['x-forwarded-for']);
    this.hosts.push(req.headers.host);
  }

  async start(host?: string, port?: number): Promise<this> {
    this.url = await listen(this.#server, host, port);
    return this;
  }

  async [Symbol.asyncDispose]() {
    for (const ws of this.sockets.clients) ws.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A program that takes connections and answers with what `answer` says, in raw bytes. */
export async function scripted(answer: (socket: Socket) => void) {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address that refuses connections. */
export async function deadUrl(): Promise<string> {
  const gone = await new Echo('gone').start();
  await gone[Symbol.asyncDispose]();
  return gone.url;
}

async function publicPort(server: Server, drain: () => Promise<void>) {
  const url = await listen(server);
  return {
    url,
    drain,
    connections: () =>
      new Promise<number>((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    async connect(path = '/ws?token=x', headers: Record<string, string> = {}) {
      const ws = new WebSocket(url.replace('http', 'ws') + path, { headers });
      const first = once(ws, 'message').then(([data]) => String(data));
      first.catch(() => undefined);
      await once(ws, 'open');
      return { ws, hello: await first };
    },
    /** An upgrade in raw bytes; the client's side stays open until it is told. */
    upgrade(path = '/ws') {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
      const lines = [`GET ${path} HTTP/1.1`, 'Host: parley', 'Connection: Upgrade', 'Upgrade: websocket'];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      const client = { socket, text: '', ended: once(socket, 'end') };
      client.ended.catch(() => undefined);
      socket.setEncoding('latin1').on('data', (chunk) => {
        client.text += chunk;
      });
      socket.on('error', () => undefined);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await drain();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The API with REALTIME_URL set. */
export async function front(urls: string[], env: Record<string, string> = {}) {
  const runtime: FakeRuntime = fakeRuntime({ env: { REALTIME_URL: urls.join(','), ...env } });
  const api = createApi(runtime);
  const server = createServer(api.handler);
  api.attach(server);
  return publicPort(server, () => api.drain());
}

/** Forwarding alone, with a resolver of names. */
export async function bareFront(options: Pick<ForwardOptions, 'urls' | 'resolve'>) {
  const forward = createForward({ ...options, trustProxy: 0, log: fakeRuntime().log });
  const server = createServer((req, res) => forward.request(req, res));
  server.on('upgrade', (req, socket, head) => forward.upgrade(req, socket, head));
  return publicPort(server, () => forward.drain());
}

export interface PollAnswer {
  status: number | undefined;
  name: unknown;
  retry: unknown;
}

/** A request of long polling; `query` begins with `&`. */
export function poll(url: string, headers: Record<string, string> = {}, query = '', method = 'GET') {
  return new Promise<PollAnswer>((resolve, reject) => {
    const path = `${url}/socket.io/?EIO=4&transport=polling${query}`;
    request(path, { headers, agent: false, method }, (res) => {
      res.resume();
      resolve({ status: res.statusCode, name: res.headers['x-name'], retry: res.headers['retry-after'] });
    })
      .on('error', reject)
      .end();
  });
}

/** Headers of a client that `url` comes first for. */
export function preferring(url: string, urls: readonly string[]): Record<string, string> {
  const targets = new Targets(urls);
  targets.close();
  for (let host = 1; ; host++) {
    const address = `198.51.100.${host}`;
    if (targets.for(address)[0]?.name === new URL(url).host) return { 'X-Forwarded-For': address };
  }
}
