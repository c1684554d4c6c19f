/** What a failed call to MongoDB means: not now, a taken number or id, or a mistake of ours. */
import { AppError, unavailable } from '@parley/core';
import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerClosedError,
  MongoServerError,
  MongoSystemError,
  MongoTopologyClosedError,
} from 'mongodb';

/** How errors name this engine to people. */
export const storeName = 'The message store';

/** Whatever the driver throws when there is no server to talk to. */
const awayErrors = [
  MongoNetworkError,
  MongoSystemError,
  MongoOperationTimeoutError,
  MongoNotConnectedError,
  MongoServerClosedError,
  MongoTopologyClosedError,
  MongoClientClosedError,
];

/**
 * Codes of MongoDB's error catalogue that mean "not now": hosts and sockets, time limits, a primary that steps down or shuts
 * down, a write that was not confirmed by the majority, a full disk.
 */
const awayCodes = new Set([
  6, 7, 50, 64, 89, 91, 100, 112, 133, 134, 189, 262, 9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436,
  14031,
]);

const duplicateKey = 11000;

/** Whether MongoDB was not there, too slow, or could not confirm, rather than refusing what it was asked. */
function isAway(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  if (awayErrors.some((type) => error instanceof type)) return true;
  // The pool's own time-out has no exported class.
  if (error.name === 'MongoWaitQueueTimeoutError') return true;
  if (error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('SystemOverloadedError')) return true;
  return error instanceof MongoServerError && awayCodes.has(Number(error.code));
}

/** The driver wraps what went wrong on the way in the error of the bulk write; the inner one says more and holds no documents. */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof MongoBulkWriteError)) return error;
  const inner: unknown = error.errorResponse;
  return inner instanceof Error ? inner : error;
}

/** What a failed call looks like to core. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const inner = unwrapped(error);
  return isAway(inner) || hasUnconfirmedWrites(error)
    ? unavailable(storeName, withoutDocuments(inner))
    : error;
}

/** A bulk write's error keeps the documents, which must not reach a log. */
export function withoutDocuments(error: unknown): unknown {
  return error instanceof MongoBulkWriteError ? new Error(`${error.name}: ${error.message}`) : error;
}

/** Writes that were made but not confirmed by the majority may still be rolled back. */
function hasUnconfirmedWrites(error: unknown): boolean {
  return error instanceof MongoBulkWriteError && error.result.getWriteConcernError() !== undefined;
}

/** Where an ordered insert stopped, and which unique index said no. */
export interface Collision {
  /** Everything before it is stored, nothing behind it was tried. */
  at: number;
  index: string;
}

/**
 * Reads a duplicate key error of an ordered insert, or gives undefined for anything else. The index is told by its name in
 * the message: the driver drops `keyPattern` from the errors of a bulk write. What users wrote stands behind it.
 */
export function collisionOf(error: unknown): Collision | undefined {
  if (!(error instanceof MongoBulkWriteError) || hasUnconfirmedWrites(error)) return undefined;
  const [first] = [error.writeErrors].flat();
  if (first?.code !== duplicateKey) return undefined;
  const index = indexIn(first.errmsg ?? '');
  return index === undefined ? undefined : { at: first.index, index };
}

/** The unique index that refused an update; undefined for anything else. */
export function collidedIndexOf(error: unknown): string | undefined {
  if (!(error instanceof MongoServerError) || error.code !== duplicateKey) return undefined;
  return indexIn(error.message);
}

function indexIn(message: string): string | undefined {
  return /index: (\S+)/.exec(message)?.[1];
}
