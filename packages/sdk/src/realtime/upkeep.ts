import type { AckResults } from '@parley/contract';
import { sleep } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import type { DebugLog } from '../lib/debug.ts';
import type { Session } from '../session.ts';
import type { Timing } from '../timing.ts';

export interface UpkeepParts {
  /** The token that the connection is opened with. */
  readonly token: string;
  readonly session: Session;
  readonly timing: Timing;
  readonly debug: DebugLog;
  readonly ping: () => void;
  /** Tells the server of another token. */
  readonly present: (token: string) => Promise<AckResults['auth']>;
}

/** What a live connection needs (contract section 4): a ping every 25 s, and a new token before the old one ends. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #stop = new AbortController();
  /** The token that the server knows of this connection. */
  token: string;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    this.token = parts.token;
  }

  start(): void {
    const { session, timing } = this.#parts;
    const ping = setInterval(this.#parts.ping, timing.pingMs);
    const forget = session.renewals.add(() => this.#present());
    this.#stop.signal.addEventListener('abort', () => {
      clearInterval(ping);
      forget();
    });
    // It may have been renewed while the connection was made.
    this.#present();
    void this.#renew();
  }

  stop(): void {
    this.#stop.abort();
  }

  /** The server has refused the connection's token: gets another, which is then presented. */
  refused(): void {
    void this.#parts.session.renew(this.token).catch(() => {});
  }

  #present(): void {
    const { session, present, debug } = this.#parts;
    const token = session.accessToken;
    if (token === null || token === this.token) return;
    this.token = token;
    // A token that does not arrive or is refused shows when the server closes the connection.
    present(token).catch((error) => debug('the new token was not taken', { code: error.code }));
  }

  async #renew(): Promise<void> {
    const { session, timing } = this.#parts;
    const { signal } = this.#stop;
    const backoff = new Backoff(timing.backoffMs, timing.backoffMaxMs);
    while (!signal.aborted) {
      // A call may have renewed it meanwhile: then there is more time.
      await sleep(session.dueMs, signal);
      if (signal.aborted || session.dueMs > 0) continue;
      try {
        await session.renew(this.token);
        backoff.reset();
      } catch {
        // The network's fault; where the session is over, the connection is being closed already.
        await sleep(backoff.next(), signal);
      }
    }
  }
}
