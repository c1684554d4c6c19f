/** Which messages carry a file: by the index that has only those that do. */
import type { MessageStore, Window } from '@parley/core';
import { inTurns } from './in-turns.ts';
import { messageIndexes } from './message-indexes.ts';
import type { MessageReader } from './reader.ts';
import { within } from './windows.ts';

type Carrier = Awaited<ReturnType<MessageStore['carriers']>>[number];

/** Queries of one call at the same time: a call must not take all connections. */
const width = 10;
/** Windows in one query: the chat of each is a look-up in the index. */
const windowsPerQuery = 500;

export class CarrierFinder {
  readonly #reader: MessageReader;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  /** As the port's `carriers`. */
  async find(mediaId: string, limit: number, deadline?: number): Promise<Carrier[]> {
    // For MongoDB a limit of 0 would be none.
    if (limit === 0) return [];
    const documents = await this.#reader.find({
      filter: { 'payload.media_id': mediaId },
      hint: messageIndexes.media,
      fields: ['_id', 'chat_id', 'seq'],
      limit,
      deadline,
    });
    return documents.map(({ _id, chat_id, seq }) => ({ message_id: _id, chat_id, seq }));
  }

  /** As the port's `carried`: one look-up for each file, however many messages carry it. */
  async among(mediaIds: readonly string[], deadline: number): Promise<Set<string>> {
    const found = await inTurns([...new Set(mediaIds)], width, async (mediaId) => {
      const [carrier] = await this.find(mediaId, 1, deadline);
      return carrier ? [mediaId] : [];
    });
    return new Set(found.flat());
  }

  /** As the port's `carriedIn`. */
  async isIn(mediaId: string, windows: readonly Window[], now: Date, deadline: number): Promise<boolean> {
    for (let start = 0; start < windows.length; start += windowsPerQuery) {
      const [carrier] = await this.#reader.find({
        filter: {
          'payload.media_id': mediaId,
          ...within(windows.slice(start, start + windowsPerQuery)),
          expires_at: { $not: { $lte: now } },
        },
        hint: messageIndexes.media,
        fields: ['_id'],
        limit: 1,
        deadline,
      });
      if (carrier) return true;
    }
    return false;
  }
}
