/** Pushes by Firebase Cloud Messaging, HTTP v1 (contract section 6). */
import { type Log, type Push, type PushGateway, type PushResult, unavailable } from '@parley/core';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { TokenMessage } from 'firebase-admin/messaging';
import pLimit, { type LimitFunction } from 'p-limit';
import { Breaker, type BreakerState } from './breaker.ts';
import type { FcmAccount } from './credentials.ts';
import { readAnswer } from './fcm-answer.ts';
import { FcmClient } from './fcm-client.ts';
import { FcmFailure } from './fcm-failure.ts';
import { fcmMessage } from './fcm-message.ts';
import { type PushMetrics, PushReport } from './report.ts';

export interface FcmOptions {
  account: FcmAccount;
  log: Log;
  /** An address to connect to in place of Google's (`FCM_ENDPOINT`). */
  endpoint?: string | null;
  /** Milliseconds that FCM may take to answer one try. */
  timeoutMs?: number;
  /** Requests under way at a time; others wait for their turn. */
  concurrency?: number;
  metrics?: PushMetrics;
  /** Milliseconds after which no further try of a push begins. */
  retryForMs?: number;
  /** About how many milliseconds the first wait between two tries is; the next ones double. */
  retryDelayMs?: number;
  /** Tries in a row that fail before all pushes fail at once. */
  breakerFailures?: number;
  /** Milliseconds that they do so before one push tries again. */
  breakerPauseMs?: number;
}

const defaults = {
  endpoint: null as string | null,
  timeoutMs: 10_000,
  concurrency: 100,
  retryForMs: 10_000,
  retryDelayMs: 500,
  breakerFailures: 10,
  breakerPauseMs: 10_000,
};

type Complete = FcmOptions & typeof defaults;

/** A push is tried once, and up to so many times again. */
const retries = 4;

export class FcmGateway implements PushGateway {
  readonly #options: Complete;
  readonly #client: FcmClient;
  readonly #breaker: Breaker;
  readonly #slots: LimitFunction;
  readonly #report: PushReport;
  readonly #closing = new AbortController();

  private constructor(options: Complete, client: FcmClient) {
    this.#options = options;
    this.#client = client;
    this.#report = new PushReport(options.log, options.metrics);
    this.#slots = pLimit(options.concurrency);
    this.#breaker = new Breaker({
      timeoutMs: options.timeoutMs,
      failures: options.breakerFailures,
      pauseMs: options.breakerPauseMs,
      log: options.log,
      onState: (state: BreakerState) => this.#report.breaker(state),
    });
  }

  /** Loads what is needed to speak to FCM; nothing is sent yet. */
  static async create(options: FcmOptions): Promise<FcmGateway> {
    const all: Complete = { ...defaults, ...options };
    return new FcmGateway(all, await FcmClient.load(all));
  }

  /**
   * Hands a push to FCM. Where FCM is busy, away or silent it is tried again, up to five times in all, none of them beginning later than
   * `retryForMs`; a Retry-After within that time is waited for, a longer one keeps all pushes back until it is over.
   *
   * What FCM took is not sent again, with one exception that nothing can tell apart: a try whose answer got lost, because the connection
   * broke or the time was up, is followed by another, and the device may then get the push twice. Apps know it by its `message_id`.
   *
   * Where FCM does not accept our account the result is `refused`, and nothing waits for that to be mended: pushes tell what is new, and
   * hours later nothing of it is. Errors: `SERVICE_UNAVAILABLE`, the push was not taken as far as is known.
   */
  async send(push: Push): Promise<PushResult> {
    const done = this.#report.begin();
    try {
      const result = await this.#try(fcmMessage(push, Date.now()));
      if (result.outcome === 'refused') this.#report.refused(result.reason);
      done(result.outcome);
      return result;
    } catch (error) {
      if (error instanceof FcmFailure && error.kind === 'not_authorised') {
        this.#report.refused(error.reason);
        done('refused');
        return { outcome: 'refused', reason: error.reason };
      }
      if (error instanceof FcmFailure && error.kind === 'device_busy') {
        // Its quota lasts for hours; waiting for it would hold up everybody else's. The next message rings.
        done('refused');
        return { outcome: 'refused', reason: error.reason };
      }
      done('unavailable');
      if (error instanceof FcmFailure || this.#closing.signal.aborted) throw away(error);
      throw error;
    }
  }

  /** Whether Google accepts the account. Sends nothing. Errors: `SERVICE_UNAVAILABLE` where it does not, or does not answer. */
  async ping(): Promise<void> {
    try {
      await this.#client.authorise();
    } catch (error) {
      throw away(readAnswer(error));
    }
  }

  /** Ends all connections. Pushes that are under way fail as unavailable, those between two tries when the next one is due. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#client.close();
  }

  #try(message: TokenMessage): Promise<PushResult> {
    const { retryForMs, retryDelayMs } = this.#options;
    const deadline = performance.now() + retryForMs;
    const again = retry(
      handleWhen((error) => this.#mayTryAgain(error, deadline)),
      {
        maxAttempts: retries,
        backoff: new ExponentialBackoff({ initialDelay: retryDelayMs, maxDelay: retryDelayMs * 8 }),
      },
    );
    return again.execute(() => this.#attempt(message, deadline), this.#closing.signal);
  }

  async #attempt(message: TokenMessage, deadline: number): Promise<PushResult> {
    const closing = this.#closing.signal;
    closing.throwIfAborted();
    await this.#breaker.pass(deadline, closing);
    return this.#slots(() => this.#breaker.execute((signal) => this.#once(message, signal), closing));
  }

  async #once(message: TokenMessage, signal: AbortSignal): Promise<PushResult> {
    try {
      await this.#client.send(message, signal);
      return { outcome: 'sent' };
    } catch (error) {
      const answer = readAnswer(error);
      if (!(answer instanceof FcmFailure)) return answer;
      if (answer.retryAfterMs !== null) this.#rest(answer.retryAfterMs, answer.reason);
      throw answer;
    }
  }

  #rest(ms: number, reason: string): void {
    if (ms > this.#breaker.waitMs()) {
      this.#options.log.warn({ reason, ms }, 'the push service asks to wait: nothing goes to it meanwhile');
    }
    this.#breaker.rest(ms);
  }

  #mayTryAgain(error: unknown, deadline: number): boolean {
    if (!(error instanceof FcmFailure) || error.kind !== 'busy' || this.#breaker.isOpen) return false;
    return performance.now() + this.#breaker.waitMs() < deadline;
  }
}

function away(cause: unknown): Error {
  return unavailable('The push service', cause);
}
