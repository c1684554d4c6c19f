/** Ids of outbox entries on MongoDB: one for each insert, sorted by the time it was made. */
import { randomBytes } from 'node:crypto';

/** What tells these ids from those of other stores. */
const prefix = 'mongo:';

const instance = randomBytes(8).toString('hex');
let count = 0;

const timeText = (ms: number): string => ms.toString(16).padStart(12, '0');

/** A new batch; those of one process rise, also within a millisecond. */
export function newBatch(now = Date.now()): string {
  count = (count + 1) % 0x1000000;
  return `${timeText(now)}-${count.toString(16).padStart(6, '0')}-${instance}`;
}

/** What every batch made up to that time sorts before. */
export function batchesUpTo(ms: number): string {
  return timeText(ms + 1);
}

export function outboxIdOf(batch: string): string {
  return prefix + batch;
}

/** Errors: `Error` for an id of another store. */
export function batchOf(outboxId: string): string {
  if (!outboxId.startsWith(prefix)) throw new Error(`${outboxId} is not an outbox id of MongoDB`);
  return outboxId.slice(prefix.length);
}
