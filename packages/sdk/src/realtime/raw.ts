/** The transport by a raw WebSocket at `/ws`: frames of JSON, answers known by their `req_id` (contract section 4). */
import { codeOfSocketError, ParleyError, toParleyError } from '../errors.ts';
import { type Deferred, deferred } from '../lib/deferred.ts';
import { baseOf } from '../lib/url.ts';
import { randomUuid } from '../lib/uuid.ts';
import {
  lost,
  type OpenTransport,
  readErrorEvent,
  type Transport,
  type TransportListener,
  type TransportOptions,
} from './transport.ts';

type Timer = ReturnType<typeof setTimeout>;

/** Opens one; `WebSocket` must be given, or the platform's. */
export const openRaw: OpenTransport = (options, listener) => new Raw(options, listener);

class Raw implements Transport {
  readonly #socket: WebSocket;
  readonly #listener: TransportListener;
  readonly #silenceMs: number;
  readonly #waiting = new Map<string, Deferred<unknown>>();
  /** Other for each connection, so that the server's logs tell requests apart. */
  readonly #name = randomUuid().slice(0, 8);
  #count = 0;
  #silence: Timer | undefined;
  #over = false;

  constructor(
    { url, token, WebSocket: Given, handshakeMs, pingMs }: TransportOptions,
    listener: TransportListener,
  ) {
    const Class = Given ?? WebSocket;
    // `http` becomes `ws`, `https` `wss`.
    const socket = new Class(`${baseOf(url).replace(/^http/, 'ws')}/ws`);
    this.#socket = socket;
    this.#listener = listener;
    // The server answers every ping: who is silent for longer is gone, and the network has not said so.
    this.#silenceMs = pingMs + handshakeMs;
    // The token goes in a frame: addresses are written into logs.
    socket.onopen = () => {
      this.request('auth', { token }, handshakeMs).then(
        () => {
          if (!this.#over) listener.opened();
        },
        (error) => this.#end(toParleyError(error)),
      );
    };
    socket.onmessage = ({ data }) => this.#read(data);
    // Why a connection failed pages are not told; `onclose` follows.
    socket.onerror = () => {};
    socket.onclose = ({ code }) => this.#end(reasonOf(code));
    this.#alive();
  }

  async request(event: string, data: unknown, timeoutMs: number): Promise<unknown> {
    const req_id = `${this.#name}-${++this.#count}`;
    const answer = deferred<unknown>();
    const timer = setTimeout(() => answer.reject(new ParleyError('TIMEOUT')), timeoutMs);
    this.#waiting.set(req_id, answer);
    try {
      this.#send({ event, data, req_id });
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(req_id);
    }
  }

  tell(event: string, data: unknown): void {
    if (!this.#over) this.#send({ event, data });
  }

  close(): void {
    this.#stop(lost('closed by the client'));
    this.#socket.close();
  }

  #send(frame: object): void {
    if (this.#over) throw lost('not connected');
    this.#socket.send(JSON.stringify(frame));
  }

  #read(text: unknown): void {
    if (this.#over) return;
    this.#alive();
    let frame: { event?: unknown; data?: unknown; req_id?: unknown };
    try {
      frame = JSON.parse(String(text));
    } catch {
      this.#end(lost('a frame that cannot be read'));
      return;
    }
    const { event, data, req_id } = frame;
    const waiting = this.#waiting.get(String(req_id));
    if (!waiting) {
      // An answer that came too late for whoever had asked is no event.
      if (req_id === undefined) this.#listener.event(String(event), data);
    } else if (event === 'error') waiting.reject(readErrorEvent(data));
    else waiting.resolve(data);
  }

  #alive(): void {
    clearTimeout(this.#silence);
    if (!this.#over) this.#silence = setTimeout(() => this.#end(lost('silence')), this.#silenceMs);
  }

  #end(error: ParleyError): void {
    if (this.#over) return;
    this.#stop(error);
    this.#socket.close();
    this.#listener.closed(error);
  }

  #stop(error: ParleyError): void {
    this.#over = true;
    clearTimeout(this.#silence);
    const gone = new ParleyError('NETWORK_ERROR', error.message, { cause: error });
    for (const answer of this.#waiting.values()) answer.reject(gone);
  }
}

/** What a close code means. All but a refused token is the network's, or passes: the next connection mends it. */
function reasonOf(code: number): ParleyError {
  if (code === 4001) return new ParleyError(codeOfSocketError(code));
  return lost(`close code ${code}`);
}
