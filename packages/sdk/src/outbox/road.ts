/**
 * Which way messages go: over the live connection while that is asked for and there, else over HTTP; and where neither gets through,
 * when to try again.
 */
import { ParleyError } from '../errors.ts';
import { abortError, onAbort } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import { deferred } from '../lib/deferred.ts';
import type { MessagesApi } from '../procedures.ts';
import type { Link } from '../realtime/link.ts';
import type { Sent } from '../realtime/types.ts';
import type { Timing } from '../timing.ts';
import type { Frame } from './lanes.ts';

export class Road {
  /** Sends over HTTP; until it is given all wait for the live connection. */
  post: MessagesApi['send'] | null = null;
  readonly #link: Link;
  readonly #timing: Timing;
  readonly #backoff: Backoff;
  readonly #waiting = new Set<() => void>();
  /** Ends the pause after HTTP found no network; null while there is none. */
  #resume: (() => void) | null = null;
  /** Runs while the live connection is asked for and not there: some networks let only HTTP pass. */
  #patience: ReturnType<typeof setTimeout> | undefined;
  #impatient = false;

  constructor(link: Link, timing: Timing) {
    this.#link = link;
    this.#timing = timing;
    this.#backoff = new Backoff(timing.backoffMs, timing.backoffMaxMs);
    link.statuses.add(() => this.#statusChanged());
  }

  /** What a message may take now. */
  get way(): 'live' | 'http' | null {
    const { status } = this.#link;
    if (status === 'online') return 'live';
    const asked = status === 'idle' || this.#impatient;
    return asked && this.post && !this.#resume ? 'http' : null;
  }

  /** Resolves when it fits; it is looked at after every change. Rejects when the signal aborts. */
  async until(fits: () => boolean, signal: AbortSignal): Promise<void> {
    while (!fits()) {
      if (signal.aborted) throw abortError(signal);
      const changed = deferred<void>();
      this.#waiting.add(changed.resolve);
      const forget = onAbort(signal, changed.resolve);
      await changed.promise;
      forget();
      this.#waiting.delete(changed.resolve);
    }
  }

  /** Has all look again who wait in `until`. */
  wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves unless HTTP has just found no network; then after a pause, or when there is one again. */
  whenOnline(signal: AbortSignal): Promise<void> {
    return this.until(() => this.#resume === null, signal);
  }

  /** Calls over HTTP; where that finds no network, `whenOnline` pauses. */
  async overHttp<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.#backoff.reset();
      return answer;
    } catch (error) {
      const lost = error instanceof ParleyError && ['NETWORK_ERROR', 'TIMEOUT'].includes(error.code);
      if (lost && !this.#resume) this.#pause();
      throw error;
    }
  }

  /** Sends it the way that is open. Errors: those of the server, `NETWORK_ERROR`, `TIMEOUT`. */
  async send(frame: Frame, signal: AbortSignal): Promise<Sent> {
    const { post } = this;
    if (this.way !== 'http' || !post) return this.#link.request('message.send', frame);
    const message = await this.overHttp(() => post(frame, { signal }));
    const { message_id, client_msg_id, chat_id, seq, version, created_at } = message;
    return { message_id, client_msg_id, chat_id, seq, version, timestamp: created_at };
  }

  /** Ends what runs by itself. */
  rest(): void {
    this.#resume?.();
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  #statusChanged(): void {
    const { status } = this.#link;
    if (status === 'online' || status === 'idle') {
      this.#impatient = false;
      this.rest();
    } else {
      this.#patience ??= setTimeout(() => {
        this.#impatient = true;
        this.wake();
      }, this.#timing.ackMs);
    }
    this.wake();
  }

  #pause(): void {
    const resume = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', resume);
      this.#resume = null;
      this.wake();
    };
    const timer = setTimeout(resume, this.#backoff.next());
    globalThis.addEventListener?.('online', resume);
    this.#resume = resume;
  }
}
