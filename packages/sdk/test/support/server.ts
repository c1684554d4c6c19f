/** A small Parley: tRPC and Socket.IO on one free port, with handles to make it fail in every way that a test needs. */
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Ack,
  clientEvents,
  errorCatalogue,
  type SendInput,
  type ServerEventData,
} from '@parley/contract';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { type Socket, Server as SocketServer } from 'socket.io';
import { Accounts, Refused } from './accounts.ts';
import { fakeRouter, type Overrides } from './router.ts';

type SentData = ServerEventData<'message.sent'>;
type SendAnswer = Ack<SentData> | 'drop' | 'ignore';

/** What the server heard of a client, in order. */
export interface Heard {
  event: string;
  data: unknown;
  socketId: string;
}

interface ServerEvents {
  heard: [Heard];
  connected: [Socket];
  stored: [SendInput];
}

export class FakeServer extends EventEmitter<ServerEvents> implements AsyncDisposable {
  readonly accounts = new Accounts();
  readonly overrides: Overrides = {};
  readonly heard: Heard[] = [];
  /** Messages in the order in which they were stored. */
  readonly stored: SendInput[] = [];
  /** Answers a request before anything else does, and says whether it has. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  /** Decides on a `message.send`; undefined stores it. */
  onSend: (frame: SendInput, times: number) => SendAnswer | undefined = () => undefined;
  /** Answers an event in place of the usual answer; undefined leaves it. */
  onEvent: (event: string, data: unknown) => Ack<unknown> | 'ignore' | undefined = () => undefined;
  /** Refuses connections before their token is looked at. */
  refuseConnect: () => Refused | undefined = () => undefined;

  /** Lets no WebSocket pass, as some networks do. */
  refuseUpgrades = false;

  readonly #sent = new Map<string, SentData>();
  readonly #times = new Map<string, number>();
  #http: HttpServer = createServer();
  #io: SocketServer = new SocketServer();
  #port = 0;

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    await server.listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Sockets that are connected now. */
  get sockets(): Socket[] {
    return [...this.#io.sockets.sockets.values()];
  }

  /** Begins to listen: on a free port, later again on the same. */
  async listen(): Promise<void> {
    const trpc = createHTTPHandler({
      router: fakeRouter(this.accounts, this.overrides),
      basePath: '/trpc/',
      createContext: ({ req }) => ({ token: req.headers.authorization?.replace(/^Bearer /, '') }),
    });
    this.#http = createServer((request, response) => {
      // Pages of the browser test come from another origin.
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-headers', '*');
      if (request.method === 'OPTIONS') response.writeHead(204).end();
      else if (!this.intercept(request, response)) trpc(request, response);
    });
    this.#io = new SocketServer(this.#http, { cors: { origin: '*' } });
    this.#http.prependListener('upgrade', (_, socket) => {
      if (this.refuseUpgrades) socket.destroy();
    });
    this.#io.use((socket, next) => this.#admit(socket, next));
    this.#io.on('connection', (socket) => this.#welcome(socket));
    this.#http.listen(this.#port, '127.0.0.1');
    await once(this.#http, 'listening');
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  /** Stops as a crash does: connections end without a word. */
  async stop(): Promise<void> {
    const closed = once(this.#http, 'close');
    for (const socket of this.sockets) socket.conn.transport.close();
    this.#http.close();
    this.#http.closeAllConnections();
    await Promise.all([this.#io.close(), closed]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Sends an event to every connection. */
  broadcast(event: string, data: unknown): void {
    this.#io.emit(event, data);
  }

  /** Tells why, then disconnects, as the contract has it for 4001. */
  kick(socket: Socket, refused: Refused): void {
    socket.emit('error', errorOf(refused));
    socket.disconnect(true);
  }

  /** Resolves with the next event of this name, or the first that was heard already. */
  async hears(event: string, where: (heard: Heard) => boolean = () => true): Promise<Heard> {
    const matches = (heard: Heard) => heard.event === event && where(heard);
    const known = this.heard.find(matches);
    if (known) return known;
    return new Promise((resolve) => {
      const listener = (heard: Heard) => {
        if (!matches(heard)) return;
        this.off('heard', listener);
        resolve(heard);
      };
      this.on('heard', listener);
    });
  }

  #admit(socket: Socket, next: (error?: Error) => void): void {
    try {
      const refused = this.refuseConnect();
      if (refused) throw refused;
      this.accounts.check(String(socket.handshake.auth.token ?? ''));
      next();
    } catch (cause) {
      const error = cause instanceof Refused ? cause : new Refused('INTERNAL_ERROR');
      next(Object.assign(new Error(error.message), { data: errorOf(error) }));
    }
  }

  #welcome(socket: Socket): void {
    socket.onAny((event: string, ...args: unknown[]) => {
      const reply = args.findLast((arg) => typeof arg === 'function') as
        | ((answer: unknown) => void)
        | undefined;
      const data = typeof args[0] === 'function' ? undefined : args[0];
      const heard = { event, data, socketId: socket.id };
      this.heard.push(heard);
      const answer = this.#answer(socket, event, data);
      if (answer !== undefined) reply?.(answer);
      this.emit('heard', heard);
    });
    this.emit('connected', socket);
  }

  #answer(socket: Socket, event: string, data: unknown): unknown {
    const checked = clientEvents[event as keyof typeof clientEvents]?.safeParse(data);
    if (!checked?.success) return failed(new Refused('VALIDATION_ERROR'));
    if (event === 'message.send') return this.#send(socket, checked.data as SendInput);
    const own = this.onEvent(event, checked.data);
    if (own !== undefined) return own === 'ignore' ? undefined : own;
    if (event === 'message.read') return { ok: true, data: { unread_count: 0 } };
    if (event !== 'auth') return { ok: true, data: {} };
    try {
      this.accounts.check((data as { token: string }).token);
      return { ok: true, data: { expires_in: this.accounts.accessSeconds } };
    } catch (error) {
      return failed(error as Refused);
    }
  }

  #send(socket: Socket, frame: SendInput): Ack<SentData> | undefined {
    const times = (this.#times.get(frame.client_msg_id) ?? 0) + 1;
    this.#times.set(frame.client_msg_id, times);
    const answer = this.onSend(frame, times);
    if (answer !== undefined && typeof answer !== 'string') return answer;
    const sent = this.#store(socket, frame);
    // Stored, but its sender does not learn of it.
    if (answer === 'drop') socket.conn.transport.close();
    return answer === undefined ? { ok: true, data: sent } : undefined;
  }

  #store(socket: Socket, frame: SendInput): SentData {
    const known = this.#sent.get(frame.client_msg_id);
    if (known) return known;
    this.stored.push(frame);
    const { client_msg_id, chat_id } = frame;
    const seq = this.stored.length;
    const sent = {
      message_id: randomUUID(),
      client_msg_id,
      chat_id,
      seq,
      version: seq,
      timestamp: new Date().toISOString(),
    };
    this.#sent.set(client_msg_id, sent);
    const { userId } = this.accounts.check(String(socket.handshake.auth.token));
    socket.broadcast.emit('message.new', { ...frame, ...sent, sender_id: userId });
    this.emit('stored', frame);
    return sent;
  }
}

function errorOf(refused: Refused) {
  const { socket } = errorCatalogue[refused.code];
  return { code: socket, reason: refused.code, message: refused.message };
}

/** A refused acknowledgement. */
export function failed(refused: Refused): Extract<Ack<never>, { ok: false }> {
  const { code, message, retryAfter } = refused;
  return {
    ok: false,
    error: { code, message, ...(retryAfter === undefined ? {} : { retry_after: retryAfter }) },
  };
}
