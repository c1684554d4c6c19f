/** Messages on MongoDB. How they are numbered and stored is told in `append.ts`. */
import {
  type AppendResult,
  BatchLoader,
  type ChangeResult,
  type MessageChange,
  type MessageStore,
  type NewMessage,
  type StoredMessage,
} from '@parley/core';
import { ChatActivity } from './activity.ts';
import { MessageAppender } from './append.ts';
import { CarrierFinder } from './carriers.ts';
import { MessageChanger } from './change.ts';
import type { MongoConnection } from './connection.ts';
import { ensureIndexes, once } from './ensure-indexes.ts';
import { HeadCache } from './head-cache.ts';
import { inTurns } from './in-turns.ts';
import { type MessageDocument, messagesCollection, toStored } from './message-document.ts';
import { indexesOfMessages, live, messageIndexes, overAt } from './message-indexes.ts';
import { OthersFinder } from './others.ts';
import { MessageReader } from './reader.ts';
import { ChatSearch } from './search.ts';
import { ChatsSearch } from './search-chats.ts';
import { SyncFinder } from './sync.ts';
import { UnreadCounter } from './unread.ts';

/** Queries of one call at the same time: a call must not take all connections. */
const width = 10;

type Input<M extends keyof MessageStore> = Parameters<MessageStore[M]>;
type Output<M extends keyof MessageStore> = ReturnType<MessageStore[M]>;

export class MongoMessageStore implements MessageStore {
  readonly #connection: MongoConnection;
  readonly #appender: MessageAppender;
  readonly #changer: MessageChanger;
  readonly #activity: ChatActivity;
  readonly #others: OthersFinder;
  readonly #unread: UnreadCounter;
  readonly #chatSearch: ChatSearch;
  readonly #chatsSearch: ChatsSearch;
  readonly #sync: SyncFinder;
  readonly #reader: MessageReader;
  readonly #loader: BatchLoader<string, StoredMessage>;
  readonly #carriers: CarrierFinder;
  readonly #indexed: () => Promise<void>;

  constructor(connection: MongoConnection) {
    const collection = connection.collection<MessageDocument>(messagesCollection);
    const reader = new MessageReader(connection, collection);
    this.#connection = connection;
    this.#reader = reader;
    this.#activity = ChatActivity.of(connection);
    const parts = { reader, cache: new HeadCache(), activity: this.#activity };
    this.#appender = new MessageAppender(connection, collection, parts);
    this.#changer = new MessageChanger(connection, collection, parts);
    this.#others = new OthersFinder(reader);
    this.#unread = new UnreadCounter(reader);
    this.#chatSearch = new ChatSearch(reader);
    this.#chatsSearch = new ChatsSearch(reader);
    this.#sync = new SyncFinder(reader, connection);
    this.#loader = new BatchLoader((ids) => this.#load(ids));
    this.#carriers = new CarrierFinder(reader);
    this.#indexed = once(() => ensureIndexes(connection, collection, indexesOfMessages));
  }

  /**
   * Makes what indexes are missing. Call it at start-up; where MongoDB was away then, the first append does it. Errors:
   * `SERVICE_UNAVAILABLE`, also while a large index is being built.
   */
  ensureIndexes(): Promise<void> {
    return this.#indexed();
  }

  async append(messages: readonly NewMessage[]): Promise<AppendResult[]> {
    // Without its unique indexes nothing that append promises would hold.
    await this.ensureIndexes();
    return this.#appender.append(messages);
  }

  async change(changes: readonly MessageChange[]): Promise<ChangeResult[]> {
    await this.ensureIndexes();
    return this.#changer.change(changes);
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

  async page({ chatId, before, after, upTo, limit }: Input<'page'>[0]): Output<'page'> {
    const newest = Math.min(upTo ?? Number.MAX_SAFE_INTEGER, (before ?? Number.MAX_SAFE_INTEGER) - 1);
    // For MongoDB a limit of 0 would be none.
    if (limit === 0) return [];
    const documents = await this.#reader.find({
      filter: { chat_id: chatId, seq: { $gt: after, $lte: newest } },
      hint: messageIndexes.seq,
      sort: { seq: -1 },
      limit,
    });
    return documents.map(toStored);
  }

  others(spans: Input<'others'>[0]): Output<'others'> {
    return this.#others.find(spans);
  }

  unread(asks: Input<'unread'>[0], now: string): Output<'unread'> {
    return this.#unread.count(asks, new Date(now), this.#connection.deadline());
  }

  newest(asks: Input<'newest'>[0], now: string): Output<'newest'> {
    const deadline = this.#connection.deadline();
    return inTurns(asks, width, async ({ chatId, after, upTo, except }) => {
      const [newest] = await this.#reader.find({
        filter: {
          chat_id: chatId,
          ...live,
          seq: { $gt: after, $lte: upTo ?? Number.MAX_SAFE_INTEGER },
          expires_at: { $not: { $lte: new Date(now) } },
          ...(except.length > 0 && { _id: { $nin: [...except] } }),
        },
        hint: messageIndexes.live,
        sort: { seq: -1 },
        limit: 1,
        deadline,
      });
      return newest && toStored(newest);
    });
  }

  activity(chatIds: readonly string[], asOf?: string): Output<'activity'> {
    return this.#activity.read(chatIds, asOf);
  }

  async heads(chatIds: readonly string[]): Output<'heads'> {
    const heads = await this.#reader.heads(chatIds);
    return new Map([...heads].map(([chatId, { seq, version }]) => [chatId, { seq, version }]));
  }

  newerHeads(...[known, limit]: Input<'newerHeads'>): Output<'newerHeads'> {
    return this.#sync.heads(known, limit);
  }

  changedSince(asks: Input<'changedSince'>[0]): Output<'changedSince'> {
    return this.#sync.changed(asks);
  }

  between(stretches: Input<'between'>[0]): Output<'between'> {
    return this.#sync.between(stretches);
  }

  async expired(now: string, limit: number): Output<'expired'> {
    if (limit === 0) return [];
    const documents = await this.#reader.find({
      filter: overAt(new Date(now)),
      hint: messageIndexes.expires,
      sort: { expires_at: 1 },
      fields: ['_id', 'chat_id'],
      limit,
    });
    return documents.map(({ _id, chat_id }) => ({ message_id: _id, chat_id }));
  }

  carriers(...[mediaId, limit]: Input<'carriers'>): Output<'carriers'> {
    return this.#carriers.find(mediaId, limit);
  }

  carried(mediaIds: readonly string[]): Output<'carried'> {
    return this.#carriers.among(mediaIds, this.#connection.deadline());
  }

  carriedIn(...[mediaId, windows, now]: Input<'carriedIn'>): Output<'carriedIn'> {
    return this.#carriers.isIn(mediaId, windows, new Date(now), this.#connection.deadline());
  }

  searchChat(input: Input<'searchChat'>[0]): Output<'searchChat'> {
    return this.#chatSearch.find(input, this.#connection.deadline());
  }

  searchChats(input: Input<'searchChats'>[0]): Output<'searchChats'> {
    return this.#chatsSearch.find(input, this.#connection.deadline());
  }
}
