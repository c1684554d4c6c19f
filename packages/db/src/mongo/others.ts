/** Who sent what in which spans of a chat (the port's `others`), with few queries for many spans. */
import type { MessageStore } from '@parley/core';
import type { MessageDocument } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';
import type { MessageReader } from './reader.ts';
import { isNarrow, type Range, rangesOf, type Span } from './spans.ts';

type Other = Awaited<ReturnType<MessageStore['others']>>[number][number];
type OtherDocument = Pick<MessageDocument, '_id' | 'chat_id' | 'sender_id' | 'seq'>;

/** Stretches in one query: each is planned by itself. */
const rangesPerQuery = 100;

export class OthersFinder {
  readonly #reader: MessageReader;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  async find(spans: readonly Span[]): Promise<Other[][]> {
    const narrow = spans.filter(isNarrow);
    const [shared, ...alone] = await Promise.all([
      this.#inRanges(rangesOf(narrow)),
      ...spans.filter((span) => !isNarrow(span)).map((span) => this.#inSpan(span)),
    ]);
    return spans.map((span) =>
      isNarrow(span) ? pick(shared.get(span.chatId) ?? [], span) : (alone.shift() ?? []),
    );
  }

  /** Everything in these stretches by chat, newest first. */
  async #inRanges(ranges: Range[]): Promise<Map<string, OtherDocument[]>> {
    const queries: Promise<OtherDocument[]>[] = [];
    for (let start = 0; start < ranges.length; start += rangesPerQuery) {
      const some = ranges.slice(start, start + rangesPerQuery);
      queries.push(
        this.#reader.find({
          filter: {
            $or: some.map(({ chatId, from, to }) => ({ chat_id: chatId, seq: { $gt: from, $lte: to } })),
          },
          hint: messageIndexes.seq,
          fields: ['_id', 'chat_id', 'sender_id', 'seq'],
        }),
      );
    }
    const documents = (await Promise.all(queries)).flat().sort((a, b) => b.seq - a.seq);
    return Map.groupBy(documents, (document) => document.chat_id);
  }

  /** The newest of a span that holds more than is wanted. */
  async #inSpan({ chatId, userId, from, to, limit }: Span): Promise<Other[]> {
    if (limit === 0) return [];
    const documents = await this.#reader.find({
      filter: { chat_id: chatId, seq: { $gt: from, $lte: to }, sender_id: { $ne: userId } },
      hint: messageIndexes.seq,
      sort: { seq: -1 },
      fields: ['_id', 'sender_id', 'seq'],
      limit,
    });
    return documents.map(toOther);
  }
}

function pick(documents: readonly OtherDocument[], { userId, from, to }: Span): Other[] {
  return documents
    .filter(({ seq, sender_id }) => seq > from && seq <= to && sender_id !== userId)
    .map(toOther);
}

function toOther({ _id, sender_id, seq }: Omit<OtherDocument, 'chat_id'>): Other {
  return { message_id: _id, sender_id, seq };
}
