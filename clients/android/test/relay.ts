/** Stands between a client and a server, and makes the troubles that a phone has: lost connections, lost events, refused tokens. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';

interface Frame {
  event: string;
  data: Record<string, unknown>;
}

export class Relay implements AsyncDisposable {
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Tokens with which connections were signed in, first and again. */
  readonly tokens: unknown[] = [];

  /** Answers the next request with 503. */
  isUnavailable = false;
  /** Passes the next `message.new` over. */
  swallows = false;
  /** Accepts no connections to `/ws`. */
  isDown = false;
  /** Seconds that the next connection is told its token lives; otherwise what the server says. */
  shortLife: number | undefined;
  /** Refuses the token of the next request as expired, however often it comes. */
  refusesNext = false;

  readonly #target: string;
  readonly #server = createServer((req, res) => this.#pass(req, res));
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #open = new Set<WebSocket>();
  #refused: string | undefined;

  private constructor(target: string) {
    this.#target = target;
    this.#server.on('upgrade', (req, socket, head) => this.#connect(req, socket, head));
  }

  static async start(target: string): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks all connections to `/ws`, as a lost network does: without a goodbye. */
  drop(): void {
    for (const socket of this.#open) socket.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #pass(req: IncomingMessage, res: ServerResponse): void {
    this.asked.push(`${req.method} ${req.url?.split('?')[0]}`);
    const refusal = this.#refusal(req);
    if (refusal) {
      req.resume();
      res.writeHead(refusal.status, { 'content-type': 'application/json' }).end(JSON.stringify(refusal.body));
      return;
    }
    const onward = request(
      this.#target + req.url,
      { method: req.method ?? 'GET', headers: req.headers },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    );
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  }

  #refusal({ headers }: IncomingMessage): { status: number; body: object } | undefined {
    const envelope = (code: string) => ({
      success: false,
      data: null,
      error: { code, message: code, details: [] },
      meta: { request_id: 'relay-00', timestamp: new Date().toISOString() },
    });
    if (this.isUnavailable) {
      this.isUnavailable = false;
      return { status: 503, body: envelope('SERVICE_UNAVAILABLE') };
    }
    if (this.refusesNext) {
      this.refusesNext = false;
      this.#refused = headers.authorization;
    }
    const isRefused = headers.authorization !== undefined && headers.authorization === this.#refused;
    return isRefused ? { status: 401, body: envelope('TOKEN_EXPIRED') } : undefined;
  }

  #connect(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.isDown) {
      socket.destroy();
      return;
    }
    this.#sockets.handleUpgrade(req, socket, head, (client) => this.#join(client, req.url ?? ''));
  }

  #join(client: WebSocket, path: string): void {
    const server = new WebSocket(this.#target.replace('http', 'ws') + path);
    const early: string[] = [];
    this.#open.add(client);
    client.on('message', (data) => {
      const text = String(data);
      const { event, data: sent } = JSON.parse(text) as Frame;
      if (event === 'auth') this.tokens.push(sent.token);
      if (server.readyState === WebSocket.OPEN) server.send(text);
      else early.push(text);
    });
    server.on('open', () => {
      for (const text of early) server.send(text);
    });
    server.on('message', (data) => {
      const text = this.#tampered(String(data));
      if (text !== undefined) client.send(text);
    });
    server.on('close', () => client.close());
    server.on('error', () => client.terminate());
    client.on('close', () => {
      this.#open.delete(client);
      server.terminate();
    });
    client.on('error', () => server.terminate());
  }

  #tampered(text: string): string | undefined {
    const frame = JSON.parse(text) as Frame;
    if (frame.event === 'message.new' && this.swallows) {
      this.swallows = false;
      return undefined;
    }
    if (frame.event !== 'auth' || this.shortLife === undefined) return text;
    const expires_in = this.shortLife;
    this.shortLife = undefined;
    return JSON.stringify({ ...frame, data: { expires_in } });
  }
}
