/**
 * Searching in one chat: newest first, in parts of the chat that grow as nothing is found.
 *
 * The newest 2,000 messages are walked through by `seq` and their tokens looked at: what one looks for is mostly there, and a
 * beginning of a word that is everywhere fills the page at once. The rest goes by the index of tokens, in parts of 16,000
 * messages, then eight times as many each, until the page is full. So of a word as frequent as `limit` in 2,000 nothing more is read
 * than those; of a rarer one at most eight times the messages that it took to find enough, and only those that have it. In the index
 * a search passes, per part, the chat's tokens with that beginning. All of it is bounded by the call's deadline.
 *
 * Where there are several terms the server tries which one is the rarest; the others are looked at in what it finds.
 */
import type { MessageStore, SearchTerm, StoredMessage } from '@parley/core';
import type { Filter } from 'mongodb';
import { type MessageDocument, toStored } from './message-document.ts';
import { live, messageIndexes } from './message-indexes.ts';
import type { MessageReader } from './reader.ts';

/** Messages of the first part, which are walked through. */
const walked = 2_000;
/** How many times larger each part is than the one before. */
const growth = 8;

/** Sorts behind everything that begins with what stands before it: strings are compared by code points. */
const lastCharacter = '\u{10ffff}';

/** Messages with all terms, neither deleted nor over. A range rather than a pattern: it is compared faster and bounds the index alike. */
export function withTerms(terms: readonly SearchTerm[], now: Date): Filter<MessageDocument> {
  const conditions = terms.map(({ token, prefix }) => ({
    tokens: prefix ? { $elemMatch: { $gte: token, $lt: token + lastCharacter } } : token,
  }));
  return {
    ...live,
    expires_at: { $not: { $lte: now } },
    ...(conditions.length > 0 && { $and: conditions }),
  };
}

export class ChatSearch {
  readonly #reader: MessageReader;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  /** As the port's `searchChat`. */
  async find(
    { window, terms, limit, now }: Parameters<MessageStore['searchChat']>[0],
    deadline: number,
  ): Promise<StoredMessage[]> {
    const { chatId, after, upTo } = window;
    const wanted = withTerms(terms, new Date(now));
    const head = (await this.#reader.heads([chatId], deadline)).get(chatId);
    const found: MessageDocument[] = [];
    let to = Math.min(upTo ?? Number.MAX_SAFE_INTEGER, head?.seq ?? 0);
    for (let size = walked; to > after && found.length < limit; size *= growth) {
      const from = Math.max(after, to - size);
      const part = await this.#reader.find({
        filter: { chat_id: chatId, seq: { $gt: from, $lte: to }, ...wanted },
        hint: size === walked ? messageIndexes.live : messageIndexes.tokens,
        sort: { seq: -1 },
        limit: limit - found.length,
        deadline,
      });
      found.push(...part);
      to = from;
    }
    return found.map(toStored);
  }
}
