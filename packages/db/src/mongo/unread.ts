/**
 * Unread counts from running counts: what was sent in a window is the difference of the chat's counts at its ends; from it go the
 * user's own, those that were deleted, those whose time is over though nobody emptied them yet, and those that are not to count.
 *
 * So the cost does not grow with how many are unread: the running counts are a few look-ups, however long the window. The user's own
 * and the deleted are counted in indexes made for it, about a million in a second. The own could have running counts too; but
 * each send would have to look up the sender's last message first, and whoever writes in a chat has mostly read it.
 *
 * The look-ups are of moments that follow each other, so a message that is deleted between them may be missed or taken off twice
 * in this one answer; what arrives meanwhile is left out, for the window's end is fixed first.
 */
import type { MessageStore } from '@parley/core';
import { inTurns } from './in-turns.ts';
import { messageIndexes, overAt } from './message-indexes.ts';
import { type MessageReader, placeOf } from './reader.ts';

type Ask = Parameters<MessageStore['unread']>[0][number];

/** What of a chat is asked for, without open ends: `seq` in (`from`, `to`]. */
interface Span {
  chatId: string;
  userId: string;
  from: number;
  to: number;
  except: readonly string[];
}

/** Asks at the same time; each makes three queries at once. */
const width = 4;

export class UnreadCounter {
  readonly #reader: MessageReader;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  /** As the port's `unread`. */
  async count(asks: readonly Ask[], now: Date, deadline: number): Promise<number[]> {
    const heads = await this.#reader.heads(
      asks.map((ask) => ask.chatId),
      deadline,
    );
    const spans = asks.map(({ chatId, userId, after, upTo, except }): Span => {
      const last = heads.get(chatId)?.seq ?? 0;
      const to = Math.min(upTo ?? last, last);
      return { chatId, userId, from: Math.min(Math.max(after, 0), to), to, except };
    });
    const tallies = new Map([...heads].map(([chatId, { seq, tally }]) => [placeOf(chatId, seq), tally]));
    const places = spans.flatMap(({ chatId, from, to }) =>
      from === to ? [] : [from, to].map((seq) => ({ chatId, seq })),
    );
    const unknown = new Map(
      places.flatMap((place): [string, (typeof places)[number]][] => {
        const key = placeOf(place.chatId, place.seq);
        return place.seq === 0 || tallies.has(key) ? [] : [[key, place]];
      }),
    );
    const found = await this.#reader.tallies([...unknown.values()], deadline);
    for (const [key, tally] of found) tallies.set(key, tally);
    const tallyAt = (chatId: string, seq: number) => tallies.get(placeOf(chatId, seq)) ?? 0;
    const byAll = spans.map(({ chatId, from, to }) => tallyAt(chatId, to) - tallyAt(chatId, from));
    const [dead, hidden] = await Promise.all([
      inTurns(spans, width, async (span, index) =>
        byAll[index] === 0 ? 0 : this.#notCounting(span, now, deadline),
      ),
      this.#hidden(
        spans.filter((_, index) => byAll[index] !== 0),
        now,
        deadline,
      ),
    ]);
    return spans.map((span, index) => {
      const all = byAll[index] ?? 0;
      return all === 0 ? 0 : Math.max(0, all - (dead[index] ?? 0) - (hidden.get(span) ?? 0));
    });
  }

  /** The user's own, those that are deleted, and those that are over. */
  async #notCounting(span: Span, now: Date, deadline: number): Promise<number> {
    const { chatId, userId, from, to } = span;
    const sent = { chat_id: chatId, seq: { $gt: from, $lte: to }, type: { $ne: 'system' as const } };
    const theirs = { ...sent, sender_id: { $ne: userId } };
    const counts = await Promise.all([
      this.#reader.count({ ...sent, sender_id: userId }, messageIndexes.sender, deadline),
      this.#reader.count({ ...theirs, is_deleted: true }, messageIndexes.deleted, deadline),
      this.#reader.count({ ...theirs, ...overAt(now) }, messageIndexes.chatExpires, deadline),
    ]);
    return counts.reduce((sum, count) => sum + count);
  }

  /** How many of each span's exceptions would count. */
  async #hidden(spans: readonly Span[], now: Date, deadline: number): Promise<Map<Span, number>> {
    const ids = [...new Set(spans.flatMap((span) => span.except))];
    if (ids.length === 0) return new Map();
    const documents = await this.#reader.find({
      filter: { _id: { $in: ids } },
      hint: messageIndexes.id,
      fields: ['_id', 'chat_id', 'seq', 'sender_id', 'type', 'is_deleted', 'expires_at'],
      deadline,
    });
    const live = documents.filter(
      ({ type, is_deleted, expires_at }) =>
        type !== 'system' && !is_deleted && !(expires_at && expires_at <= now),
    );
    const byId = new Map(live.map((document) => [document._id, document]));
    return new Map(
      spans.map((span) => {
        const counted = [...new Set(span.except)].filter((id) => {
          const message = byId.get(id);
          return (
            message?.chat_id === span.chatId &&
            message.sender_id !== span.userId &&
            message.seq > span.from &&
            message.seq <= span.to
          );
        });
        return [span, counted.length];
      }),
    );
  }
}
