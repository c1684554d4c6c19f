/** Clients of both transports with one face, so that a test can be written once. They wait for events, never for time. */
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { WebSocket } from 'ws';

export const transports = ['ws', 'socketio'] as const;
export type TransportName = (typeof transports)[number];

// biome-ignore lint/suspicious/noExplicitAny: what arrives is for the tests to assert on
export type Data = any;

/** One frame from the server; Socket.IO has no `req_id` and no `timestamp`. */
export interface Received {
  event: string;
  data: Data;
  req_id?: string;
  timestamp?: string;
}

/** What a frame was answered. */
export type Answer = { ok: true; data: Data } | { ok: false; error: Data };

export abstract class TestClient {
  readonly received: Received[] = [];
  readonly #waiting: { matches(frame: Received): boolean; resolve(frame: Received): void }[] = [];
  readonly #closing = Promise.withResolvers<{ code: number; reason: string }>();
  /** Resolves with how the server closed the connection. */
  readonly closed = this.#closing.promise;

  abstract send(event: string, data?: unknown): void;
  /** Sends with a request for an answer. */
  abstract ask(event: string, data?: unknown): Promise<Answer>;
  abstract close(): void;

  protected arrive(frame: Received): void {
    const index = this.#waiting.findIndex((waiting) => waiting.matches(frame));
    if (index < 0) this.received.push(frame);
    else this.#waiting.splice(index, 1)[0]?.resolve(frame);
  }

  protected gone(code: number, reason: string): void {
    this.#closing.resolve({ code, reason });
  }

  /** The next frame of this kind, taken from those that came or are to come. */
  next(event: string, matches: (data: Data) => boolean = () => true): Promise<Received> {
    return this.take((frame) => frame.event === event && matches(frame.data));
  }

  protected take(matches: (frame: Received) => boolean): Promise<Received> {
    const index = this.received.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.received.splice(index, 1)[0] as Received);
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }

  /** Frames of this kind that came and were not taken, once everything sent before has arrived. */
  async rest(event: string): Promise<Received[]> {
    await this.ask('ping');
    return this.received.filter((frame) => frame.event === event);
  }
}

export class RawClient extends TestClient {
  readonly socket: WebSocket;
  #asked = 0;

  constructor(url: string, headers: Record<string, string> = {}) {
    super();
    this.socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.socket.on('message', (bytes) => this.arrive(JSON.parse(String(bytes)) as Received));
    this.socket.on('close', (code, reason) => this.gone(code, String(reason)));
    this.socket.on('error', () => {});
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve());
      this.socket.once('unexpected-response', (_req, res) => reject(new Error(`status ${res.statusCode}`)));
    });
  }

  send(event: string, data?: unknown, reqId?: string): void {
    this.socket.send(JSON.stringify({ event, data, req_id: reqId }));
  }

  async ask(event: string, data?: unknown, reqId = `ask-${++this.#asked}-12345678`): Promise<Answer> {
    const answer = this.take((frame) => frame.req_id === reqId);
    this.send(event, data, reqId);
    const frame = await answer;
    return frame.event === 'error' ? { ok: false, error: frame.data } : { ok: true, data: frame.data };
  }

  close(): void {
    this.socket.close();
  }
}

export class IoClient extends TestClient {
  readonly socket: Socket;
  /** What the server refused the connection with. */
  readonly refused: Promise<Error & { data?: Data }>;

  constructor(url: string, auth: object, options: Partial<ManagerOptions & SocketOptions> = {}) {
    super();
    this.socket = io(url, {
      auth,
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      autoConnect: false,
      ...options,
    });
    this.socket.onAny((event: string, data: Data) => this.arrive({ event, data }));
    this.refused = new Promise((resolve) => this.socket.on('connect_error', resolve));
    this.socket.on('connect', () => {
      const { ws } = this.socket.io.engine.transport as unknown as { ws?: WebSocket };
      // The close code of the WebSocket below, where there is one; Socket.IO only tells a reason of its own.
      if (ws) ws.addEventListener('close', (event) => this.gone(event.code, event.reason));
      else this.socket.on('disconnect', (reason) => this.gone(0, reason));
    });
    this.socket.connect();
  }

  opened(): Promise<void> {
    return new Promise((resolve) => this.socket.once('connect', () => resolve()));
  }

  send(event: string, data?: unknown): void {
    this.socket.emit(event, data);
  }

  async ask(event: string, data?: unknown): Promise<Answer> {
    const answer = (await this.socket.emitWithAck(event, data)) as Answer;
    if (answer.ok) return answer;
    // The shapes differ only in the names: `reason` is the raw transport's word for the code.
    const { code, ...more } = answer.error as { code: string };
    return { ok: false, error: { reason: code, ...more } };
  }

  close(): void {
    this.socket.disconnect();
  }
}
