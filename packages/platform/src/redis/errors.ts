import { AppError, unavailable } from '@parley/core';

/** Replies by which Redis says that it cannot serve just now; the first word tells. */
const passing = new Set([
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'BUSY',
  'MISCONF',
  'NOREPLICAS',
  'OOM',
  'UNKILLABLE',
]);

/**
 * What a failed command means: `SERVICE_UNAVAILABLE` where Redis or the line to it is away. An error of ours (wrong type,
 * wrong arguments, a broken script) stays what it is.
 */
export function toAppError(error: unknown): unknown {
  if (error instanceof AppError || error instanceof TypeError || error instanceof RangeError) return error;
  if (!(error instanceof Error)) return error;
  if (error.name === 'ReplyError') {
    const [word = ''] = error.message.split(' ', 1);
    return passing.has(word) ? unavailable('Redis', error) : error;
  }
  // Everything else that ioredis rejects with is about the connection: closed, refused, timed out, no node left.
  return unavailable('Redis', error);
}

/** Why a packet was refused where Redis is there, but an instance that lives, or did a moment ago, did not get it. */
export class InstanceAway extends Error {
  override readonly name = 'InstanceAway';
}

/**
 * Whether `RedisFanOut.send` rejected because of single instances that do not hear their mailbox; other packets get
 * through. `SERVICE_UNAVAILABLE` otherwise means that Redis is away, or that instances are telling their topics again.
 */
export function isInstanceAway(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof InstanceAway;
}

/** Whether a script has to be sent whole, because this server does not know it. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
