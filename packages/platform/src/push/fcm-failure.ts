/** A try that did not end a push: FCM was away or busy, or does not know us. */

/**
 * `busy`: it may work later. `device_busy`: too much went to this one device, others are not concerned. `not_authorised`: FCM does not
 * accept our account, for any push.
 */
export type FcmFailureKind = 'busy' | 'device_busy' | 'not_authorised';

export class FcmFailure extends Error {
  readonly kind: FcmFailureKind;
  /** What FCM calls it; never what somebody wrote, nor a token. */
  readonly reason: string;
  /** Milliseconds until FCM wants to be asked again, about any device; null where it did not say. */
  readonly retryAfterMs: number | null;

  constructor(
    kind: FcmFailureKind,
    reason: string,
    options: { retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(`FCM: ${reason}`, { cause: options.cause });
    this.name = 'FcmFailure';
    this.kind = kind;
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** The longest that a Retry-After is believed: a wrong one must not stop pushes until a restart. */
const longestWaitMs = 600_000;

/** Milliseconds that a Retry-After header asks to wait: seconds or a date (RFC 9110, section 10.2.3); null without a sensible one. */
export function readRetryAfter(value: unknown, now: number): number | null {
  if (typeof value !== 'string') return null;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), longestWaitMs);
}
