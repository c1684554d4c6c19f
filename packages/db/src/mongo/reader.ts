/** Look-ups of messages on MongoDB; each names the index that it goes by, so that none can ever read the whole collection. */
import type { Collection, Filter } from 'mongodb';
import type { MongoConnection } from './connection.ts';
import type { Head } from './head-cache.ts';
import { inTurns } from './in-turns.ts';
import type { MessageDocument } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';

/** What makes a send the same send. */
export type SendKey = Pick<MessageDocument, 'sender_id' | 'client_msg_id'>;

/** The key of a send in maps. */
export function keyOf({ sender_id, client_msg_id }: SendKey): string {
  return `${sender_id} ${client_msg_id}`;
}

export interface Find {
  filter: Filter<MessageDocument>;
  hint: string;
  sort?: Record<string, 1 | -1>;
  /** All but those that no message is made of, unless said otherwise. */
  fields?: readonly (keyof MessageDocument)[];
  limit?: number;
  deadline?: number | undefined;
}

/** Documents in one answer: more than any of our reads wants, so that each is one round trip. */
const batchSize = 5_000;
/** Queries of one call at the same time: a call must not take all connections. */
const width = 10;
/** What only numbering, searching and the outbox need; it can be longer than all the rest. */
const bulk = { versions: 0, tokens: 0, outbox: 0, untold: 0 };

export class MessageReader {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<MessageDocument>;

  constructor(connection: MongoConnection, collection: Collection<MessageDocument>) {
    this.#connection = connection;
    this.#collection = collection;
  }

  find({
    filter,
    hint,
    sort,
    fields,
    limit,
    deadline = this.#connection.deadline(),
  }: Find): Promise<MessageDocument[]> {
    const options = {
      hint,
      batchSize,
      maxTimeMS: this.#connection.left(deadline),
      ...(sort && { sort }),
      ...(limit !== undefined && { limit }),
      projection: fields ? Object.fromEntries([['_id', 0], ...fields.map((field) => [field, 1])]) : bulk,
    };
    return this.#connection.run(() => this.#collection.find(filter, options).toArray(), deadline);
  }

  /** The chats' heads; a chat without messages has none. */
  async heads(chatIds: readonly string[], deadline?: number): Promise<Map<string, Head>> {
    const chats = [...new Set(chatIds)];
    return new Map((await inTurns(chats, width, (chatId) => this.#head(chatId, deadline))).flat());
  }

  /** The document with the largest version tells all counters (see `chat_seq`). */
  async #head(chatId: string, deadline?: number): Promise<[string, Head][]> {
    const [newest] = await this.find({
      filter: { chat_id: chatId },
      hint: messageIndexes.versions,
      sort: { versions: -1 },
      fields: ['version', 'chat_seq', 'chat_tally'],
      limit: 1,
      deadline,
    });
    if (!newest) return [];
    const { version, chat_seq, chat_tally } = newest;
    const tally = chat_tally ?? (await this.#countTo(chatId, chat_seq, deadline));
    return [[chatId, { seq: chat_seq, version, tally }]];
  }

  /** How many messages of the chat up to there are not `system`; for positions up to the head. */
  async tallies(
    places: readonly { chatId: string; seq: number }[],
    deadline?: number,
  ): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    if (places.length === 0) return found;
    const documents = await this.find({
      filter: { $or: places.map(({ chatId, seq }) => ({ chat_id: chatId, seq })) },
      hint: messageIndexes.seq,
      fields: ['chat_id', 'seq', 'tally'],
      deadline,
    });
    for (const { chat_id, seq, tally } of documents) {
      if (tally !== undefined) found.set(placeOf(chat_id, seq), tally);
    }
    const missing = places.filter(({ chatId, seq }) => !found.has(placeOf(chatId, seq)));
    await inTurns(missing, width, async ({ chatId, seq }) => {
      found.set(placeOf(chatId, seq), await this.#countTo(chatId, seq, deadline));
    });
    return found;
  }

  #countTo(chatId: string, seq: number, deadline?: number): Promise<number> {
    const filter = { chat_id: chatId, seq: { $lte: seq }, type: { $ne: 'system' as const } };
    return this.count(filter, messageIndexes.seq, deadline);
  }

  /** What was stored first under these ids. */
  async known(sends: readonly SendKey[], deadline?: number): Promise<MessageDocument[]> {
    if (sends.length === 0) return [];
    const each = sends.map(({ sender_id, client_msg_id }) => ({ sender_id, client_msg_id }));
    return this.find({ filter: { $or: each }, hint: messageIndexes.clientId, deadline });
  }

  async count(
    filter: Filter<MessageDocument>,
    hint: string,
    deadline = this.#connection.deadline(),
  ): Promise<number> {
    const options = { hint, maxTimeMS: this.#connection.left(deadline) };
    return this.#connection.run(() => this.#collection.countDocuments(filter, options), deadline);
  }
}

/** The key of a place in a chat, in maps. */
export function placeOf(chatId: string, seq: number): string {
  return `${chatId} ${seq}`;
}
