/** Messages on MongoDB. How they are numbered and stored is told in `append.ts`. */
import {
  type AppendResult,
  BatchLoader,
  type MessageStore,
  type NewMessage,
  type StoredMessage,
} from '@parley/core';
import { MessageAppender } from './append.ts';
import type { MongoConnection } from './connection.ts';
import {
  ensureMessageIndexes,
  type MessageDocument,
  messageIndexes,
  messagesCollection,
  toStored,
} from './message-document.ts';
import { MessageReader } from './reader.ts';
import { isNarrow, type Range, rangesOf, type Span } from './spans.ts';

type Other = Awaited<ReturnType<MessageStore['others']>>[number][number];
type OtherDocument = Pick<MessageDocument, '_id' | 'chat_id' | 'sender_id' | 'seq'>;

/** Stretches in one query: each is planned by itself. */
const rangesPerQuery = 100;

export class MongoMessageStore implements MessageStore {
  readonly #appender: MessageAppender;
  readonly #reader: MessageReader;
  readonly #loader: BatchLoader<string, StoredMessage>;
  readonly #makeIndexes: () => Promise<void>;
  #indexed: Promise<void> | undefined;

  constructor(connection: MongoConnection) {
    const collection = connection.collection<MessageDocument>(messagesCollection);
    this.#reader = new MessageReader(connection, collection);
    this.#appender = new MessageAppender(connection, collection, this.#reader);
    this.#loader = new BatchLoader((ids) => this.#load(ids));
    this.#makeIndexes = () => ensureMessageIndexes(connection, collection);
  }

  /**
   * Makes what indexes are missing. Call it at start-up; where MongoDB was away then, the first append does it. Errors:
   * `SERVICE_UNAVAILABLE`, also while a large index is being built.
   */
  ensureIndexes(): Promise<void> {
    this.#indexed ??= this.#makeIndexes().catch((error) => {
      this.#indexed = undefined;
      throw error;
    });
    return this.#indexed;
  }

  async append(messages: readonly NewMessage[]): Promise<AppendResult[]> {
    // Without its unique indexes nothing that append promises would hold.
    await this.ensureIndexes();
    return this.#appender.append(messages);
  }

  async known(
    senderId: string,
    clientMsgId: string,
  ): Promise<{ message: StoredMessage; fingerprint: string } | undefined> {
    const [first] = await this.#reader.known([{ sender_id: senderId, client_msg_id: clientMsgId }]);
    return first && { message: toStored(first), fingerprint: first.fingerprint };
  }

  async byIds(ids: readonly string[]): Promise<Map<string, StoredMessage>> {
    const found = await Promise.all([...new Set(ids)].map((id) => this.#loader.load(id)));
    return new Map(found.flatMap((message) => (message ? [[message.message_id, message] as const] : [])));
  }

  async #load(ids: string[]): Promise<Map<string, StoredMessage>> {
    const documents = await this.#reader.find({ filter: { _id: { $in: ids } }, hint: messageIndexes.id });
    return new Map(documents.map((document) => [document._id, toStored(document)]));
  }

  async page(input: {
    chatId: string;
    before: number | null;
    after: number;
    upTo: number | null;
    limit: number;
  }): Promise<StoredMessage[]> {
    const newest = Math.min(
      input.upTo ?? Number.MAX_SAFE_INTEGER,
      (input.before ?? Number.MAX_SAFE_INTEGER) - 1,
    );
    // For MongoDB a limit of 0 would be none.
    if (input.limit === 0) return [];
    const documents = await this.#reader.find({
      filter: { chat_id: input.chatId, seq: { $gt: input.after, $lte: newest } },
      hint: messageIndexes.seq,
      sort: { seq: -1 },
      limit: input.limit,
    });
    return documents.map(toStored);
  }

  async others(spans: readonly Span[]): Promise<Other[][]> {
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

  countUnread(input: {
    chatId: string;
    userId: string;
    after: number;
    upTo: number | null;
  }): Promise<number> {
    return this.#reader.count(
      {
        chat_id: input.chatId,
        seq: { $gt: input.after, $lte: input.upTo ?? Number.MAX_SAFE_INTEGER },
        sender_id: { $ne: input.userId },
        is_deleted: false,
        type: { $ne: 'system' },
      },
      messageIndexes.seq,
    );
  }

  heads(chatIds: readonly string[]): Promise<Map<string, { seq: number; version: number }>> {
    return this.#reader.heads(chatIds);
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
