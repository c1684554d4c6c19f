/**
 * Searching in many chats: sorted by id, which is by time, in stretches of time that grow as nothing is found.
 *
 * A stretch is searched in all chats that may have something in it before the one behind it is, so what is found is in order whatever
 * the chats. The first is the last week before the cursor, or before the latest activity; then eight times as long each, the
 * fourth without end. In a stretch the chats are asked in waves, the latest active first: 100 in a query, four queries at once.
 * It ends when the page is full and no chat of the next wave was active after the oldest message on it. So one search makes
 * at most 4 queries for each 100 chats; in the index each passes the chats' tokens with the beginnings looked for, and reads only
 * messages that have one. All of it is bounded by the call's deadline.
 */
import type { MessageStore, StoredMessage } from '@parley/core';
import type { Filter } from 'mongodb';
import { inTurns } from './in-turns.ts';
import { type MessageDocument, toStored } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';
import type { MessageReader } from './reader.ts';
import { withTerms } from './search.ts';
import { within } from './windows.ts';

type Input = Parameters<MessageStore['searchChats']>[0];
type Windows = Input['windows'];

const dayMs = 86_400_000;
/** How far back the stretches reach, in milliseconds; the last reaches to the beginning. */
const reaches = [7 * dayMs, 56 * dayMs, 448 * dayMs];
const chatsPerQuery = 100;
const queriesPerWave = 4;
/** By how much a chat's last activity may be earlier than an id in it: clocks of several programs. */
const skewMs = 60_000;

export class ChatsSearch {
  readonly #reader: MessageReader;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  /** As the port's `searchChats`. */
  async find({ windows, terms, before, limit, now }: Input, deadline: number): Promise<StoredMessage[]> {
    const wanted = withTerms(terms, new Date(now));
    const lastAt = Math.max(0, ...windows.slice(0, 1).map((window) => Date.parse(window.lastAt)));
    const newest = before === null ? lastAt : Math.min(lastAt, timeOf(before));
    const ends = [...reaches.map((reach) => newest - reach).filter((end) => end > 0), null];
    const found: MessageDocument[] = [];
    let below = before;
    for (const end of ends) {
      if (found.length >= limit) break;
      const from = end === null ? null : idAt(end);
      const stretch = { $gte: from ?? '', ...(below !== null && { $lt: below }) };
      const active = end === null ? windows : windows.filter((window) => isActive(window, end));
      const some = { windows: active, filter: { ...wanted, _id: stretch }, limit: limit - found.length };
      found.push(...(await this.#inStretch(some, deadline)));
      below = from;
    }
    return found.map(toStored);
  }

  async #inStretch(
    { windows, filter, limit }: { windows: Windows; filter: Filter<MessageDocument>; limit: number },
    deadline: number,
  ): Promise<MessageDocument[]> {
    const chatsPerWave = chatsPerQuery * queriesPerWave;
    let found: MessageDocument[] = [];
    for (let start = 0; start < windows.length; start += chatsPerWave) {
      const wave = windows.slice(start, start + chatsPerWave);
      const [latest, oldest] = [wave[0], found[limit - 1]];
      if (oldest && latest && !isActive(latest, timeOf(oldest._id))) break;
      const parts: Windows[] = [];
      for (let n = 0; n < wave.length; n += chatsPerQuery) parts.push(wave.slice(n, n + chatsPerQuery));
      const answers = await inTurns(parts, queriesPerWave, (part) =>
        this.#reader.find({
          filter: { ...filter, ...within(part) },
          hint: messageIndexes.tokens,
          sort: { _id: -1 },
          limit,
          deadline,
        }),
      );
      found = [...found, ...answers.flat()].sort((a, b) => (a._id < b._id ? 1 : -1)).slice(0, limit);
    }
    return found;
  }
}

function isActive(window: Windows[number], since: number): boolean {
  return Date.parse(window.lastAt) + skewMs >= since;
}

/** The time that a version 7 UUID tells, in milliseconds. */
function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** What all ids of that time and later sort behind. */
function idAt(ms: number): string {
  const time = Math.floor(ms).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}
