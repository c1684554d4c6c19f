/** Ids of outbox entries on MongoDB: one for each insert and each change of a message, sorted by the time it was made. */
import { randomBytes } from 'node:crypto';

/** What tells these ids from those of other stores. */
const prefix = 'mongo:';

const instance = randomBytes(8).toString('hex');
let count = 0;

const timeText = (ms: number): string => ms.toString(16).padStart(12, '0');

/** What a batch's messages are flagged for: they were sent, or changed. Told by how its name ends. */
export type BatchKind = 'sends' | 'changes';
const ofChanges = '-changes';

/** A new batch; those of one process rise, also within a millisecond. */
export function newBatch(kind: BatchKind, now = Date.now()): string {
  count = (count + 1) % 0x1000000;
  const name = `${timeText(now)}-${count.toString(16).padStart(6, '0')}-${instance}`;
  return kind === 'changes' ? name + ofChanges : name;
}

export function kindOf(batch: string): BatchKind {
  return batch.endsWith(ofChanges) ? 'changes' : 'sends';
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
