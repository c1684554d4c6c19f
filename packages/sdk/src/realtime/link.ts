/**
 * Stays connected: one connection after the other, with waiting times between them, until told to stop. What a lost
 * connection meant is decided in one place, `#afterwards`.
 */
import type { AckResults, ClientEvent, ClientEventInput } from '@parley/contract';
import { isTokenError, ParleyError, toParleyError } from '../errors.ts';
import { abortError, firstOf, onAbort, sleep, unlessAborted } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import type { DebugLog } from '../lib/debug.ts';
import { deferred } from '../lib/deferred.ts';
import { Listeners } from '../lib/listeners.ts';
import type { Session } from '../session.ts';
import type { Timing } from '../timing.ts';
import { openSocket, readAck, readErrorEvent, readRefusal, type Socket } from './socket.ts';
import type { RealtimeStatus, WebSocketClass } from './types.ts';
import { Upkeep } from './upkeep.ts';

export interface LinkParts {
  readonly url: URL;
  readonly session: Session;
  readonly timing: Timing;
  readonly debug: DebugLog;
  readonly WebSocket: WebSocketClass | undefined;
}

/** How a connection ended. */
interface Ended {
  readonly error: ParleyError;
  /** The token that it had last; undefined where there was none to connect with. */
  readonly token: string | undefined;
  /** Milliseconds it was online; 0 if it never was. */
  readonly lived: number;
}

export class Link {
  readonly statuses = new Listeners<RealtimeStatus>();
  /** Every event of the server, as it came. */
  readonly events = new Listeners<{ event: string; data: unknown }>();

  readonly #parts: LinkParts;
  #status: RealtimeStatus = 'idle';
  #stop: AbortController | null = null;
  #socket: Socket | null = null;
  #upkeep: Upkeep | null = null;
  /** Ends the wait before the next try. */
  #wake: () => void = () => {};

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  get status(): RealtimeStatus {
    return this.#status;
  }

  /** Whether it is to be connected. */
  get wanted(): boolean {
    return this.#stop !== null;
  }

  /** Begins to connect; changes nothing if it has begun. */
  start(): void {
    if (this.#stop) return;
    const stop = new AbortController();
    this.#stop = stop;
    void this.#run(stop.signal);
  }

  /** Disconnects. Those who wait in `untilOnline` are rejected with the reason. */
  stop(reason: ParleyError): void {
    const stop = this.#stop;
    this.#stop = null;
    stop?.abort(reason);
    this.#set('idle');
  }

  /** Tries now instead of later, where it waits for the next try. */
  hurry(): void {
    this.#wake();
  }

  /** Resolves when online; rejects when stopped, or aborted by the signal. */
  async untilOnline(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#stop) throw new ParleyError('ABORTED', 'Not connected');
    const { controller, release } = firstOf(signal, this.#stop.signal);
    await this.whenOnline(controller.signal).finally(release);
  }

  /** Resolves when online, however often it is stopped and started before that; rejects when aborted by the signal. */
  async whenOnline(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw abortError(signal);
    if (this.#status === 'online') return;
    const online = deferred<void>();
    const forget = this.statuses.add((status) => {
      if (status === 'online') online.resolve();
    });
    try {
      await unlessAborted(online.promise, signal);
    } finally {
      forget();
    }
  }

  /**
   * Sends an event and waits for its acknowledgement. Errors: what the server says, `NETWORK_ERROR` (not connected, or no
   * longer), `TIMEOUT`. A refused token is renewed along the way; the event has to be sent again.
   */
  async request<E extends ClientEvent>(event: E, data: ClientEventInput<E>): Promise<AckResults[E]> {
    const socket = this.#socket;
    if (!socket?.connected) throw new ParleyError('NETWORK_ERROR', 'Not connected');
    let answer: unknown;
    try {
      answer = await socket.timeout(this.#parts.timing.ackMs).emitWithAck(event, data);
    } catch (cause) {
      throw new ParleyError(socket.connected ? 'TIMEOUT' : 'NETWORK_ERROR', undefined, { cause });
    }
    try {
      // The server has made it of the same schema.
      return readAck(answer) as AckResults[E];
    } catch (error) {
      if (isTokenError(error) && this.#socket === socket) this.#upkeep?.refused();
      throw error;
    }
  }

  /** Sends an event if connected; nobody hears whether it arrived. */
  tell<E extends ClientEvent>(event: E, data: ClientEventInput<E>): void {
    if (this.#socket?.connected) this.#socket.emit(event, data);
  }

  #set(status: RealtimeStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#parts.debug(`realtime is ${status}`);
    this.statuses.emit(status);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { timing } = this.#parts;
    const backoff = new Backoff(timing.backoffMs, timing.backoffMaxMs);
    let renewed = false;
    while (!signal.aborted) {
      this.#set('connecting');
      const ended = await this.#live(signal);
      if (signal.aborted) return;
      this.#parts.debug('the connection ended', { code: ended.error.code, lived: ended.lived });
      this.#set('offline');
      if (ended.lived >= timing.stableMs) {
        backoff.reset();
        renewed = false;
      }
      // A fresh token helps once; if that is refused too, time has to help.
      const again: boolean = !renewed && (await this.#afterwards(ended));
      renewed = again;
      if (!again) await this.#wait(Math.max(backoff.next(), (ended.error.retryAfter ?? 0) * 1000), signal);
    }
  }

  /** Says whether to connect again at once. A session that the server refuses to go on with ends here, by its own rule. */
  async #afterwards({ error, token }: Ended): Promise<boolean> {
    const { session } = this.#parts;
    if (token === undefined || !isTokenError(error)) return false;
    try {
      await session.renew(token);
      return true;
    } catch {
      return false;
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const { controller, release } = firstOf(signal);
    this.#wake = () => controller.abort();
    await sleep(ms, controller.signal);
    release();
  }

  /** One connection, from its beginning to its end. Never rejects. */
  async #live(signal: AbortSignal): Promise<Ended> {
    const { url, session, timing, WebSocket, debug } = this.#parts;
    let token: string;
    try {
      token = await session.token();
    } catch (error) {
      return { error: toParleyError(error), token: undefined, lived: 0 };
    }
    if (signal.aborted) return { error: abortError(signal), token, lived: 0 };

    const ended = deferred<ParleyError>();
    const socket = openSocket({ url, token, WebSocket, handshakeMs: timing.handshakeMs });
    const upkeep = new Upkeep({
      token,
      session,
      timing,
      debug,
      socket,
      request: (e, d) => this.request(e, d),
    });
    let since = Number.POSITIVE_INFINITY;
    let said: ParleyError | undefined;
    // Offline from this very moment, so that nobody sends into what is gone.
    const end = (error: ParleyError) => {
      this.#socket = null;
      this.#upkeep = null;
      if (!signal.aborted) this.#set('offline');
      ended.resolve(error);
    };
    // The server may take the connection and then never answer for the namespace.
    const timer = setTimeout(() => end(new ParleyError('TIMEOUT')), timing.handshakeMs);
    const forget = onAbort(signal, () => end(abortError(signal)));
    socket.on('connect', () => {
      clearTimeout(timer);
      since = Date.now();
      this.#socket = socket;
      this.#upkeep = upkeep;
      upkeep.start();
      this.#set('online');
    });
    socket.on('connect_error', (error) => end(readRefusal(error)));
    // An `error` event says why the server is about to disconnect.
    socket.on('disconnect', (reason) => end(said ?? lost(reason)));
    socket.onAny((event: string, data: unknown) => {
      if (event === 'error') {
        const error = readErrorEvent(data);
        if (isTokenError(error)) said = error;
      }
      this.events.emit({ event, data });
    });
    socket.connect();

    const error = await ended.promise;
    clearTimeout(timer);
    forget();
    upkeep.stop();
    socket.off();
    socket.offAny();
    socket.disconnect();
    return { error, token: upkeep.token, lived: Math.max(0, Date.now() - since) };
  }
}

function lost(reason: string): ParleyError {
  return new ParleyError('NETWORK_ERROR', `The connection was lost (${reason})`);
}
