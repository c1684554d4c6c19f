/**
 * What an error of firebase-admin means for a push (FCM's HTTP v1 error codes). It goes by FCM's own answer rather than by firebase-admin's
 * codes, which call everything that is not found an unregistered token, and a refused account a mismatched one.
 */
import type { PushResult } from '@parley/core';
import { detailsOf, errorBody, fcmCode, httpResponseOf, type Reply } from './fcm-body.ts';
import { FcmFailure, readRetryAfter } from './fcm-failure.ts';

/** What Google asks to wait after 429 where it names no time. */
const quotaWaitMs = 60_000;

/** What became of the push, or why that is not known yet. Errors that are not about a request are thrown as they are. */
export function readAnswer(error: unknown, now = Date.now()): PushResult | FcmFailure {
  if (error instanceof FcmFailure) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  // No access token: the credential's own error is within firebase-admin's.
  if (code === 'app/invalid-credential') return failureWithin(error);
  const reply = httpResponseOf(error);
  if (reply) return readReply(reply, now);
  if (typeof code !== 'string') throw error;
  // Not sent at all: firebase-admin itself does not accept the message.
  if (code.startsWith('messaging/')) return { outcome: 'refused', reason: code };
  return new FcmFailure('busy', networkCode(error) ?? code, { cause: error });
}

/** firebase-admin's error is left out: it holds the whole request, and the whole page where a proxy answered. */
function readReply(reply: Reply, now: number): PushResult | FcmFailure {
  const { status } = reply;
  const code = fcmCode(reply);
  const reason = code ?? `HTTP ${status}`;
  // A 404 that does not say so is a wrong project or a wrong FCM_ENDPOINT: no reason to forget everybody's tokens.
  if (status === 404 && code === 'UNREGISTERED') return { outcome: 'unregistered' };
  if (status === 400) return readInvalid(reply, reason);
  if (status === 401 || status === 403) return readForbidden(reason);
  const asked = readRetryAfter(reply.headers['retry-after'], now);
  if (status === 429) return readQuota(reply, reason, asked);
  // A 2xx that firebase-admin could not read is somebody else's page in between: FCM itself answers JSON.
  if (status === 408 || status >= 500 || status < 300) {
    return new FcmFailure('busy', reason, { retryAfterMs: asked });
  }
  return { outcome: 'refused', reason };
}

/** A token in the wrong form is as dead as one that is not registered; anything else about the message is our mistake. */
function readInvalid(reply: Reply, reason: string): PushResult {
  const fields = detailsOf(reply, 'google.rpc.BadRequest', 'fieldViolations').map(({ field }) =>
    String(field),
  );
  const { message } = errorBody(reply);
  const aboutToken =
    fields.length > 0
      ? fields.every((field) => field === 'message.token')
      : typeof message === 'string' && /registration token is not a valid/i.test(message);
  if (aboutToken) return { outcome: 'unregistered' };
  return { outcome: 'refused', reason: fields.length > 0 ? `${reason} (${fields.join(', ')})` : reason };
}

/**
 * A token of another Firebase project, or an APNs or web push key that FCM lacks, concern this push alone. Everything else is about our
 * account, for any push. Neither is waited for: only an operator can mend it, and messages that were read long since would be
 * pushed when that happens.
 */
function readForbidden(reason: string): PushResult | FcmFailure {
  const ofThisPush = reason === 'SENDER_ID_MISMATCH' || reason === 'THIRD_PARTY_AUTH_ERROR';
  return ofThisPush ? { outcome: 'refused', reason } : new FcmFailure('not_authorised', reason);
}

function readQuota(reply: Reply, reason: string, asked: number | null): FcmFailure {
  const violations = detailsOf(reply, 'google.rpc.QuotaFailure', 'violations');
  const ofDevice = violations.some(({ subject, description }) => /device/i.test(`${subject} ${description}`));
  if (ofDevice) return new FcmFailure('device_busy', reason);
  return new FcmFailure('busy', reason, { retryAfterMs: asked ?? quotaWaitMs });
}

function failureWithin(error: unknown): FcmFailure {
  const { cause } = error as { cause?: unknown };
  return cause instanceof FcmFailure ? cause : new FcmFailure('busy', 'no access token', { cause: error });
}

/** The system's code (ECONNREFUSED and the like) from a chain of causes. */
function networkCode(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  }
  return null;
}
