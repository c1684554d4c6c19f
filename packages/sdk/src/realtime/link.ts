/**
 * Stays connected: one connection after the other, with waiting times between them, until told to stop. What the end of a
 * connection means is decided in one place, `#afterwards`.
 */
import type { AckResults, ClientEvent, ClientEventInput } from '@parley/contract';
import { isTokenError, ParleyError, toParleyError } from '../errors.ts';
import { abortError, firstOf, sleep, unlessAborted } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import { deferred } from '../lib/deferred.ts';
import { Listeners } from '../lib/listeners.ts';
import { Connection, type ConnectionParts, type Ended } from './connection.ts';
import type { OpenTransport } from './transport.ts';
import { transportOf } from './transports.ts';
import type { RealtimeStatus } from './types.ts';

export class Link {
  readonly statuses = new Listeners<RealtimeStatus>();
  /** Every event of the server, as it came. */
  readonly events = new Listeners<{ event: string; data: unknown }>();

  readonly #parts: ConnectionParts;
  readonly #load: () => Promise<OpenTransport>;
  #status: RealtimeStatus = 'idle';
  #stop: AbortController | null = null;
  /** The connection that is online. */
  #connection: Connection | null = null;
  /** Ends the wait before the next try. */
  #wake: () => void = () => {};

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#load = transportOf(parts);
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
    if (!this.#connection) throw new ParleyError('NETWORK_ERROR', 'Not connected');
    return this.#connection.request(event, data);
  }

  /** Sends an event if connected; nobody hears whether it arrived. */
  tell<E extends ClientEvent>(event: E, data: ClientEventInput<E>): void {
    this.#connection?.tell(event, data);
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

  async #live(signal: AbortSignal): Promise<Ended> {
    let token: string;
    let open: OpenTransport;
    try {
      open = await this.#load();
      token = await this.#parts.session.token();
    } catch (error) {
      return { error: toParleyError(error), token: undefined, lived: 0 };
    }
    if (signal.aborted) return { error: abortError(signal), token, lived: 0 };
    const connection = new Connection(this.#parts, token);
    return connection.run(
      open,
      {
        online: () => {
          this.#connection = connection;
          this.#set('online');
        },
        event: (event, data) => this.events.emit({ event, data }),
        ended: () => {
          if (this.#connection === connection) this.#connection = null;
          if (!signal.aborted) this.#set('offline');
        },
      },
      signal,
    );
  }
}
