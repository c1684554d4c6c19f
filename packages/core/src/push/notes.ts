/** What is noted for operators: why somebody was pushed a message, or was not. */
import type { Core } from '../context.ts';
import type { PushNote, PushReason } from '../ports/stores.ts';

/** Counts decisions, for metrics. On the way of every message: it must return at once. */
export interface PushMeter {
  /** `connected` stands for recipients who needed no push. */
  decided(reason: PushReason, count: number): void;
}

/** Whoever wants to count gives a meter along with the core. */
export interface Metered {
  readonly meter?: PushMeter | undefined;
}

export function noteOf(
  messageId: string,
  userId: string,
  reason: PushReason,
  detail: string | null = null,
): PushNote {
  return { messageId, userId, reason, detail };
}

/** Whether a note says how it ended; one that waits or gathers does not. */
export function isSettled(note: Pick<PushNote, 'reason'> | undefined): boolean {
  return note !== undefined && note.reason !== 'gathering' && note.reason !== 'waiting';
}

/** Those that say something new: how it ended before is not replaced by how things stand at a repeat. */
export async function withoutSettled(
  core: Pick<Core, 'pushLedger'>,
  notes: readonly PushNote[],
): Promise<PushNote[]> {
  const before = await Promise.all(
    notes.map(({ messageId, userId }) => core.pushLedger.why(messageId, userId)),
  );
  return notes.filter((_, index) => !isSettled(before[index]));
}

/** Writes notes in one call, and counts them. */
export async function record(
  core: Pick<Core, 'pushLedger' | 'clock'> & Metered,
  notes: readonly PushNote[],
): Promise<void> {
  if (notes.length === 0) return;
  await core.pushLedger.note(notes, core.clock.now());
  if (!core.meter) return;
  const counts = new Map<PushReason, number>();
  for (const { reason } of notes) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const [reason, count] of counts) core.meter.decided(reason, count);
}
