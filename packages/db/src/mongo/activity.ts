/**
 * When the newest message of each chat was sent: a small collection beside the messages, for chat lists sort thousands of chats at
 * once. An entry only ever moves forward (`$max` of the pair of `seq` and time, which MongoDB compares in this order), so it does not
 * matter who writes it when.
 *
 * It is written behind the insert, and nobody waits for it but who asks this process for it; another process may be
 * milliseconds behind. That no crash leaves it behind: what this process stored keeps its outbox flag until its entries are
 * acknowledged (`flush` before `complete`), and a sweep writes the entries of what it finds flagged before it gives the rows out.
 * A chat without an entry is looked up in its messages.
 */
import type { Collection } from 'mongodb';
import type { MongoConnection } from './connection.ts';
import { inTurns } from './in-turns.ts';
import { type MessageDocument, messagesCollection } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';
import { MessageReader } from './reader.ts';

interface NewestMessage {
  seq: number;
  at: Date;
}

interface ActivityDocument {
  /** The chat's id. */
  _id: string;
  newest: NewestMessage;
}

export const activityCollection = 'message_heads';

/** Chats in one query or write. */
const chatsPerQuery = 5_000;
const width = 10;

const shared = new WeakMap<MongoConnection, ChatActivity>();

export class ChatActivity {
  readonly #connection: MongoConnection;
  readonly #collection: Collection<ActivityDocument>;
  readonly #reader: MessageReader;
  #waiting = new Map<string, NewestMessage>();
  #writing: Promise<void> | undefined;

  /** The one of all stores on a connection: the outbox must know what the messages' store has not written yet. */
  static of(connection: MongoConnection): ChatActivity {
    const known = shared.get(connection);
    if (known) return known;
    const made = new ChatActivity(connection);
    shared.set(connection, made);
    connection.beforeClose(() => made.flush());
    return made;
  }

  constructor(connection: MongoConnection) {
    this.#connection = connection;
    this.#collection = connection.collection<ActivityDocument>(activityCollection);
    const messages = connection.collection<MessageDocument>(messagesCollection);
    this.#reader = new MessageReader(connection, messages);
  }

  /** Writes soon that these messages are stored; what fails is tried again with whatever comes next. */
  note(documents: readonly Pick<MessageDocument, 'chat_id' | 'seq' | 'created_at'>[]): void {
    for (const { chat_id, seq, created_at } of documents) this.#wait(chat_id, { seq, at: created_at });
    if (documents.length > 0) void this.flush().catch(() => undefined);
  }

  #wait(chatId: string, newest: NewestMessage): void {
    const before = this.#waiting.get(chatId);
    if (!before || before.seq < newest.seq) this.#waiting.set(chatId, newest);
  }

  /** Resolves when all that was noted before is stored. Errors: `SERVICE_UNAVAILABLE`. */
  async flush(): Promise<void> {
    // Of what is noted while a write is under way, the next one takes all.
    await this.#writing?.catch(() => undefined);
    if (this.#waiting.size === 0 && !this.#writing) return;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async #write(): Promise<void> {
    const entries = this.#waiting;
    this.#waiting = new Map();
    const writes = [...entries].map(([chatId, newest]) => ({
      updateOne: { filter: { _id: chatId }, update: { $max: { newest } }, upsert: true },
    }));
    try {
      const deadline = this.#connection.deadline();
      const options = { ordered: false, maxTimeMS: this.#connection.left(deadline) };
      await this.#connection.run(() => this.#collection.bulkWrite(writes, options), deadline);
    } catch (error) {
      for (const [chatId, newest] of entries) this.#wait(chatId, newest);
      throw error;
    }
  }

  /** As the port's `activity`. */
  async read(chatIds: readonly string[], asOf?: string): Promise<Map<string, string>> {
    await this.flush();
    const chats = [...new Set(chatIds)];
    const newest = await this.#entries(chats);
    const missing = await this.#lost(chats.filter((chatId) => !newest.has(chatId)));
    for (const [chatId, at] of missing) newest.set(chatId, at);
    const by = asOf === undefined ? undefined : new Date(asOf);
    const later = by ? [...newest].flatMap(([chatId, at]) => (at > by ? [chatId] : [])) : [];
    const found = await inTurns(later, width, (chatId) => this.#newestIn(chatId, by));
    for (const [index, chatId] of later.entries()) {
      const message = found[index];
      if (message) newest.set(chatId, message.created_at);
      else newest.delete(chatId);
    }
    return new Map([...newest].map(([chatId, at]) => [chatId, at.toISOString()]));
  }

  async #entries(chats: string[]): Promise<Map<string, Date>> {
    const found = new Map<string, Date>();
    for (let start = 0; start < chats.length; start += chatsPerQuery) {
      const filter = { _id: { $in: chats.slice(start, start + chatsPerQuery) } };
      const deadline = this.#connection.deadline();
      const options = {
        hint: messageIndexes.id,
        batchSize: chatsPerQuery,
        maxTimeMS: this.#connection.left(deadline),
      };
      const query = () => this.#collection.find(filter, options).toArray();
      for (const { _id, newest } of await this.#connection.run(query, deadline)) found.set(_id, newest.at);
    }
    return found;
  }

  /** Chats without an entry that have messages. */
  async #lost(chats: string[]): Promise<[string, Date][]> {
    if (chats.length === 0) return [];
    const begun = await this.#reader.find({
      filter: { chat_id: { $in: chats }, seq: 1 },
      hint: messageIndexes.seq,
      fields: ['chat_id'],
    });
    const found = await inTurns(begun, width, ({ chat_id }) => this.#newestIn(chat_id));
    const messages = found.flatMap((message) => message ?? []);
    this.note(messages);
    return messages.map(({ chat_id, created_at }) => [chat_id, created_at]);
  }

  /** The newest of those sent by then: goes past those that were sent since, of which there are few where this is asked. */
  async #newestIn(chatId: string, by?: Date): Promise<MessageDocument | undefined> {
    const [newest] = await this.#reader.find({
      filter: { chat_id: chatId, ...(by && { created_at: { $lte: by } }) },
      hint: messageIndexes.seq,
      sort: { seq: -1 },
      fields: ['chat_id', 'seq', 'created_at'],
      limit: 1,
    });
    return newest;
  }
}
