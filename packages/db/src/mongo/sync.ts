/**
 * Messages as sync asks for them. Versions have no holes (see `append.ts`), so of a chat the numbers in (v, v + n] are on n documents at
 * most, and many chats can share a query: it reads what changed, and one document of each chat in which nothing did.
 */
import type { MessageStore, StoredMessage } from '@parley/core';
import type { Filter } from 'mongodb';
import type { MongoConnection } from './connection.ts';
import { inTurns } from './in-turns.ts';
import { type MessageDocument, toStored } from './message-document.ts';
import { messageIndexes } from './message-indexes.ts';
import type { MessageReader } from './reader.ts';

type Known = Parameters<MessageStore['newerHeads']>[0][number];
type Head = { seq: number; version: number };
const noHead: Head = { seq: 0, version: 0 };
type Ask = Parameters<MessageStore['changedSince']>[0][number];

/** Chats in one query: each is planned by itself. */
const chatsPerQuery = 250;
/** Queries of one call at the same time: a call must not take all connections. */
const width = 4;
/** Where much changed, heads that are no further than this from what is known are found at once, the others one by one. */
const near = 8;
/** Documents that one look at heads reads at most; nearly all chats have one or two behind what is known. */
const most = (known: readonly Known[]): number => known.length * (near + 2);

/** Chunks of a list. */
function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / chatsPerQuery) }, (_, n) =>
    items.slice(n * chatsPerQuery, (n + 1) * chatsPerQuery),
  );
}

/** Numbers that one document has in a range: without `$elemMatch` one could be below its end and another above its beginning. */
const anyVersion = (from: number, to: number): Filter<MessageDocument> =>
  ({ versions: { $elemMatch: { $gte: from, $lte: to } } }) as Filter<MessageDocument>;

export class SyncFinder {
  readonly #reader: MessageReader;
  readonly #connection: MongoConnection;

  constructor(reader: MessageReader, connection: MongoConnection) {
    this.#reader = reader;
    this.#connection = connection;
  }

  /** As `MessageStore.newerHeads`. */
  async heads(known: readonly Known[], limit: number): Promise<Map<string, Head>> {
    const deadline = this.#connection.deadline();
    const found = await this.#look(known, deadline);
    const moved = new Map<string, Head | 'far'>();
    for (const { chatId, version, always } of known) {
      if (moved.size === limit) break;
      const head = found.get(chatId) ?? (version === 0 ? noHead : 'far');
      if (always || head === 'far' || head.version !== version) moved.set(chatId, head);
    }
    const far = [...moved].flatMap(([chatId, head]) => (head === 'far' ? [chatId] : []));
    const heads = await this.#reader.heads(far, deadline);
    const asked = new Map(known.map((each) => [each.chatId, each]));
    return new Map(
      [...moved].flatMap(([chatId, head]) => {
        const { seq, version } = head === 'far' ? (heads.get(chatId) ?? noHead) : head;
        const { always = false, version: before } = asked.get(chatId) ?? {};
        return always || version !== before ? [[chatId, { seq, version }] as const] : [];
      }),
    );
  }

  /** The heads of chats, as far as a look at what is behind the known numbers tells them. */
  async #look(known: readonly Known[], deadline: number): Promise<Map<string, Head | 'far'>> {
    const found = await inTurns(chunks(known), width, async (some) => {
      const all = await this.#find(some, ({ version }) => ({ versions: { $gte: version } }), deadline);
      // The document with the largest version is among them, unless they were cut.
      return all.length < most(some) ? headsIn(all) : this.#near(some, deadline);
    });
    return new Map(found.flatMap((heads) => [...heads]));
  }

  /** The same where much changed: heads that are near. */
  async #near(some: readonly Known[], deadline: number): Promise<Map<string, Head | 'far'>> {
    const documents = await this.#find(some, ({ version }) => anyVersion(version, version + near), deadline);
    const versions = new Map(some.map(({ chatId, version }) => [chatId, version]));
    // Where the largest number that was asked for is taken, there may be larger ones.
    return new Map(
      [...headsIn(documents)].map(([chatId, head]) => [
        chatId,
        head.version >= (versions.get(chatId) ?? 0) + near ? 'far' : head,
      ]),
    );
  }

  #find(
    some: readonly Known[],
    which: (known: Known) => Filter<MessageDocument>,
    deadline: number,
  ): Promise<MessageDocument[]> {
    return this.#reader.find({
      filter: { $or: some.map((known) => ({ chat_id: known.chatId, ...which(known) })) },
      hint: messageIndexes.versions,
      fields: ['chat_id', 'version', 'chat_seq'],
      limit: most(some),
      deadline,
    });
  }

  /** As `MessageStore.changedSince`. */
  async changed(asks: readonly Ask[]): Promise<StoredMessage[][]> {
    const deadline = this.#connection.deadline();
    const narrow = asks.filter(isNarrow);
    const [shared, ...wide] = await Promise.all([
      inTurns(chunks(narrow), width, (some) => this.#inRanges(some, deadline)),
      ...asks.filter((ask) => !isNarrow(ask)).map((ask) => this.#inOrder(ask, deadline)),
    ]);
    const byChat = Map.groupBy(shared.flat(), (message) => message.chat_id);
    return asks.map((ask) => {
      if (!isNarrow(ask)) return wide.shift() ?? [];
      const { window, version, upToVersion } = ask;
      const own = (byChat.get(window.chatId) ?? []).filter(
        (message) => message.version > version && message.version <= upToVersion,
      );
      return own.sort((a, b) => a.version - b.version);
    });
  }

  async #inRanges(asks: readonly Ask[], deadline: number): Promise<StoredMessage[]> {
    const filter = { $or: asks.map((ask) => changedIn(ask, ask.version, ask.upToVersion)) };
    const documents = await this.#reader.find({ filter, hint: messageIndexes.versions, deadline });
    return documents.map(toStored);
  }

  /** The first of a range that holds more than is wanted: looked for in pieces, each larger than the one before. */
  async #inOrder(ask: Ask, deadline: number): Promise<StoredMessage[]> {
    const found: StoredMessage[] = [];
    let from = ask.version;
    for (let size = ask.limit; from < ask.upToVersion && found.length < ask.limit; size *= 2) {
      const to = Math.min(from + size, ask.upToVersion);
      const documents = await this.#reader.find({
        filter: changedIn(ask, from, to),
        hint: messageIndexes.versions,
        sort: { version: 1 },
        limit: ask.limit - found.length,
        deadline,
      });
      found.push(...documents.map(toStored));
      from = to;
    }
    return found;
  }

  /** As `MessageStore.between`. */
  async between(stretches: Parameters<MessageStore['between']>[0]): Promise<StoredMessage[]> {
    const deadline = this.#connection.deadline();
    const documents = await inTurns(chunks(stretches), width, (some) =>
      this.#reader.find({
        filter: {
          $or: some.map(({ chatId, from, to }) => ({ chat_id: chatId, seq: { $gt: from, $lte: to } })),
        },
        hint: messageIndexes.seq,
        deadline,
      }),
    );
    return documents.flat().map(toStored);
  }
}

/** The largest versions among these, by chat: each document's last is its present one. */
function headsIn(documents: readonly MessageDocument[]): Map<string, Head> {
  const heads = new Map<string, Head>();
  for (const { chat_id, version, chat_seq } of documents) {
    if (version > (heads.get(chat_id)?.version ?? 0)) heads.set(chat_id, { seq: chat_seq, version });
  }
  return heads;
}

/** Whether all of a range can be read without more than is wanted. */
function isNarrow({ version, upToVersion, limit }: Ask): boolean {
  return upToVersion - version <= limit;
}

/** The messages whose present version lies in (`from`, `to`]. */
function changedIn({ window }: Ask, from: number, to: number): Filter<MessageDocument> {
  const { chatId, after, upTo } = window;
  return {
    chat_id: chatId,
    ...anyVersion(from + 1, to),
    version: { $gt: from, $lte: to },
    seq: { $gt: after, $lte: upTo ?? Number.MAX_SAFE_INTEGER },
  };
}
