/**
 * Rows of the list: one for each message, which also carries what stands above it (the day, the line of unread messages). So a row comes
 * and goes only with its message, and the list can keep its place.
 */
import { keyOf, type Shown, senderOf } from './shown.ts';

export interface Row {
  readonly key: string;
  readonly message: Shown;
  /** The message's time, where a line with its day stands above it. */
  readonly day: string | null;
  /** The line "unread messages" stands above it. */
  readonly unread: boolean;
  /** The first, and the last, of messages that one sender wrote in a row. */
  readonly first: boolean;
  readonly last: boolean;
}

export interface RowOptions {
  readonly me: string;
  /** Older messages can be loaded: what stands above the oldest one is not known yet, so it is not shown. */
  readonly hasOlder: boolean;
  /** The message above which the line of unread messages stands. */
  readonly unreadFrom: string | null;
}

/** The rows of messages, oldest first; those that say the same as in `before` are the same objects. */
export function rowsOf(
  messages: readonly Shown[],
  { me, hasOlder, unreadFrom }: RowOptions,
  before: readonly Row[] = [],
): readonly Row[] {
  const known = new Map(before.map((row) => [row.key, row]));
  const starts = messages.map((message, index) => {
    const above = messages[index - 1];
    const day = !above || !sameDay(above.created_at, message.created_at);
    const unread = unreadFrom !== null && 'message_id' in message && message.message_id === unreadFrom;
    return { day, unread, first: day || unread || !above || !joined(above, message, me) };
  });
  const all = messages.map((message, index): Row => {
    const { day, unread, first } = starts[index] as (typeof starts)[number];
    const row = {
      key: keyOf(message, me),
      message,
      day: day ? message.created_at : null,
      unread,
      first,
      last: starts[index + 1]?.first ?? true,
    };
    const old = known.get(row.key);
    return old && sameRow(old, row) ? old : row;
  });
  // A row's height must not change when older ones come.
  const rows = hasOlder ? all.slice(1) : all;
  return rows.length === before.length && rows.every((row, index) => row === before[index]) ? before : rows;
}

function joined(above: Shown, below: Shown, me: string): boolean {
  return senderOf(above, me) === senderOf(below, me) && above.type !== 'system' && below.type !== 'system';
}

function sameRow(a: Row, b: Row): boolean {
  return (
    a.message === b.message &&
    a.day === b.day &&
    a.unread === b.unread &&
    a.first === b.first &&
    a.last === b.last
  );
}

/** Whether two times are on one day here. */
export function sameDay(a: string, b: string): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
