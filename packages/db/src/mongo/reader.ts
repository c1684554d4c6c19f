/** Look-ups of messages on MongoDB; each names the index that it goes by, so that none can ever read the whole collection. */
import type { Collection, Filter } from 'mongodb';
import type { MongoConnection } from './connection.ts';
import type { Head } from './head-cache.ts';
import { type MessageDocument, messageIndexes } from './message-document.ts';

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
  fields?: readonly (keyof MessageDocument)[];
  limit?: number;
  deadline?: number | undefined;
}

/** Documents in one answer: more than any of our reads wants, so that each is one round trip. */
const batchSize = 5_000;

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
      ...(fields && { projection: Object.fromEntries([['_id', 0], ...fields.map((field) => [field, 1])]) }),
    };
    return this.#connection.run(() => this.#collection.find(filter, options).toArray(), deadline);
  }

  /** The chats' heads; a chat without messages has none. */
  async heads(chatIds: readonly string[], deadline?: number): Promise<Map<string, Head>> {
    const found = await Promise.all([...new Set(chatIds)].map((chatId) => this.#head(chatId, deadline)));
    return new Map(found.flat());
  }

  /** The document with the largest version tells both counters (see `chat_seq`). */
  async #head(chatId: string, deadline?: number): Promise<[string, Head][]> {
    const newest = await this.find({
      filter: { chat_id: chatId },
      hint: messageIndexes.versions,
      sort: { versions: -1 },
      fields: ['version', 'chat_seq'],
      limit: 1,
      deadline,
    });
    return newest.map(({ version, chat_seq }) => [chatId, { seq: chat_seq, version }]);
  }

  /** What was stored first under these ids. */
  async known(sends: readonly SendKey[], deadline?: number): Promise<MessageDocument[]> {
    if (sends.length === 0) return [];
    const each = sends.map(({ sender_id, client_msg_id }) => ({ sender_id, client_msg_id }));
    return this.find({ filter: { $or: each }, hint: messageIndexes.clientId, deadline });
  }

  async count(filter: Filter<MessageDocument>, hint: string): Promise<number> {
    const deadline = this.#connection.deadline();
    const options = { hint, maxTimeMS: this.#connection.left(deadline) };
    return this.#connection.run(() => this.#collection.countDocuments(filter, options), deadline);
  }
}
