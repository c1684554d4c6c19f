/**
 * Windows of groups' pushes on PostgreSQL. `push_windows` has a row per chat and user, whose lock decides what is in the window that a
 * worker takes and what opens the next one; `push_taken_windows` has those that workers deal with.
 */
import type { PushLedger, PushWindow } from '@parley/core';
import type { Sql } from '../sql.ts';
import { timeOf } from './time.ts';

/** Messages of a window that are kept, the newest. */
const messagesKept = 100;

/**
 * `place` is how many of the window's messages are older. A message that has the floor or is there does nothing; one that came late goes
 * where it belongs; of one too many the oldest goes, and is the floor from then on, so that it is not counted again.
 */
const place = 'width_bucket($3::bigint, w.seqs)';
const isFull = `cardinality(w.seqs) >= ${messagesKept}`;
const withNew = (column: string, value: string) =>
  `(w.${column}[:${place}] || ${value} || w.${column}[${place} + 1:])[CASE WHEN ${isFull} THEN 2 ELSE 1 END:]`;

/** In the order of users for everybody, so that messages cannot wait for each other in a circle. */
const gatherOne = `
  INSERT INTO push_windows AS w (chat_id, user_id, is_open, due_at, message_count, seqs, message_ids)
  SELECT $1, u.id, true, $5::timestamptz, 1, ARRAY[$3::bigint], ARRAY[$2::uuid]
  FROM (SELECT DISTINCT id FROM unnest($4::uuid[]) AS id ORDER BY id) u
  ON CONFLICT (chat_id, user_id) DO UPDATE SET
    is_open = true,
    due_at = CASE WHEN w.is_open THEN w.due_at ELSE EXCLUDED.due_at END,
    floor_seq = CASE WHEN ${isFull} THEN LEAST(w.seqs[1], $3) ELSE w.floor_seq END,
    message_count = w.message_count + 1,
    seqs = ${withNew('seqs', '$3::bigint')},
    message_ids = ${withNew('message_ids', '$2::uuid')}
  WHERE w.floor_seq < $3 AND w.seqs[${place}] IS DISTINCT FROM $3`;

/** Tries of a statement at most. */
const mostTries = 5;

/**
 * Who gathers locks rows in the order of users, who takes in the order of their ends: once in a long while they wait for each other. PostgreSQL
 * undoes one of the two statements then, which is done again.
 */
async function unlessDeadlocked<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === mostTries || !isDeadlock(error)) throw error;
    }
  }
}

/** PostgreSQL's `deadlock_detected`. */
function isDeadlock(error: unknown): boolean {
  const { cause = error } = error as { cause?: unknown };
  return (cause as { code?: unknown }).code === '40P01';
}

export async function gather(
  sql: Sql,
  message: Parameters<PushLedger['gather']>[0],
  userIds: readonly string[],
  windowMs: number,
  now: number,
): Promise<void> {
  if (userIds.length === 0) return;
  const { chatId, messageId, seq } = message;
  const values = [chatId, messageId, seq, userIds, timeOf(now + windowMs)];
  await unlessDeadlocked(() => sql.rows('push-gather', gatherOne, values));
}

/** First those that were taken and not closed, then those that are over; SKIP LOCKED: workers that take at once take different ones. */
const takeWindows = `
  WITH left_over AS MATERIALIZED (
    SELECT lease FROM push_taken_windows WHERE due_at <= $1::timestamptz ORDER BY due_at LIMIT $2
    FOR UPDATE SKIP LOCKED
  ), again AS (
    UPDATE push_taken_windows t SET lease = gen_random_uuid(), due_at = $3::timestamptz
    FROM left_over l WHERE t.lease = l.lease
    RETURNING t.lease, t.chat_id, t.user_id, t.message_count, t.seqs, t.message_ids
  ), over AS MATERIALIZED (
    SELECT chat_id, user_id, message_count, seqs, message_ids FROM push_windows
    WHERE is_open AND due_at <= $1::timestamptz ORDER BY due_at
    LIMIT GREATEST($2 - (SELECT count(*) FROM left_over), 0)
    FOR UPDATE SKIP LOCKED
  ), emptied AS (
    UPDATE push_windows w
    SET is_open = false, due_at = $1::timestamptz, floor_seq = o.seqs[cardinality(o.seqs)], message_count = 0,
        seqs = '{}', message_ids = '{}'
    FROM over o WHERE w.chat_id = o.chat_id AND w.user_id = o.user_id
  ), taken AS (
    INSERT INTO push_taken_windows (lease, chat_id, user_id, due_at, taken_at, message_count, seqs, message_ids)
    SELECT gen_random_uuid(), chat_id, user_id, $3::timestamptz, $1::timestamptz, message_count, seqs, message_ids FROM over
    RETURNING lease, chat_id, user_id, message_count, seqs, message_ids
  )
  SELECT * FROM again UNION ALL SELECT * FROM taken`;

interface TakenRow {
  lease: string;
  chat_id: string;
  user_id: string;
  message_count: number;
  /** The driver leaves arrays of int8 as text. */
  seqs: string[];
  message_ids: string[];
}

export async function take(sql: Sql, now: number, limit: number, leaseMs: number): Promise<PushWindow[]> {
  if (limit <= 0) return [];
  const values = [timeOf(now), limit, timeOf(now + leaseMs)];
  const rows = await unlessDeadlocked(() => sql.rows<TakenRow>('push-take', takeWindows, values));
  return rows.map((row) => ({
    chatId: row.chat_id,
    userId: row.user_id,
    messages: row.message_ids.map((messageId, n) => ({ messageId, seq: Number(row.seqs[n]) })),
    count: row.message_count,
    lease: row.lease,
  }));
}

export async function close(sql: Sql, windows: readonly PushWindow[]): Promise<void> {
  if (windows.length === 0) return;
  await sql.rows('push-close', 'DELETE FROM push_taken_windows WHERE lease = ANY($1::uuid[])', [
    windows.map(({ lease }) => lease).sort(),
  ]);
}

/** Those that were taken count from when they can be taken again: a worker that only waits for this forgets none. */
export async function nextDue(sql: Sql): Promise<number | null> {
  const rows = await sql.rows<{ next: Date | null }>(
    'push-next',
    `SELECT LEAST(
       (SELECT due_at FROM push_windows WHERE is_open ORDER BY due_at LIMIT 1),
       (SELECT due_at FROM push_taken_windows ORDER BY due_at LIMIT 1)) AS next`,
    [],
  );
  return rows[0]?.next?.getTime() ?? null;
}
