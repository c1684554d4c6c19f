/** What the parts of the push ledgers' contract suite share. */
import { randomUUID } from 'node:crypto';
import type { PushLedger, PushWindow } from '@parley/core';

export interface PushLedgerEngine {
  /** On the same data, as two programs have it. */
  readonly both: readonly [PushLedger, PushLedger];
  /** Forgets everything. */
  clear(): Promise<void>;
  /** Lets time pass for the engine, since `start`. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What the tests of a part work with. */
export type Ledgers = () => PushLedgerEngine['both'];

/** When the tests' time begins, in milliseconds since the epoch. */
export const start = 1_767_225_600_000;
export const windowMs = 3_000;
export const leaseMs = 30_000;
/** When a window that begins with `start` is over. */
export const over = start + windowMs;

export const ids = (count: number): string[] => Array.from({ length: count }, () => randomUUID());

/** The message with this seq in a chat: the same whenever it is delivered. */
export const messageOf = (chatId: string, seq: number) => ({
  chatId,
  messageId: `${chatId.slice(0, 24)}${seq.toString(16).padStart(12, '0')}`,
  seq,
});

export const seqsOf = (window: PushWindow | undefined): number[] | undefined =>
  window?.messages.map(({ seq }) => seq);

/** The order in which something is done does not follow the order of its parts. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
