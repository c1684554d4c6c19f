/** What only MongoDB's message store has to get right when it reads: counts of old documents, chats' activity, long searches. */
import { randomUUID } from 'node:crypto';
import type { NewMessage } from '@parley/core';
import { type Collection, Collection as CollectionOfDriver, MongoClient, MongoNetworkError } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MongoConnection, MongoMessageStore, MongoOutboxStore } from '../src/index.ts';
import type { MessageDocument } from '../src/mongo/message-document.ts';
import { changeOf, later, message, patience, sweep } from './message-contract/kit.ts';
import { sentWith } from './message-contract/search.ts';
import { testMongoUrl } from './support/mongo.ts';

const { url, why } = await testMongoUrl();

interface Activity {
  _id: string;
  newest: { seq: number; at: Date };
}

describe.skipIf(why)(`reading messages on MongoDB${why}`, () => {
  let client: MongoClient;
  let messages: Collection<MessageDocument>;
  let activity: Collection<Activity>;
  let connection: MongoConnection;
  let store: MongoMessageStore;
  beforeAll(() => {
    client = new MongoClient(url);
    messages = client.db().collection('messages');
    activity = client.db().collection('message_heads');
  });
  beforeEach(async () => {
    await client.db().dropDatabase();
    connection = new MongoConnection({ url, poolSize: 5, timeoutMs: 20_000 });
    store = new MongoMessageStore(connection);
    await store.ensureIndexes();
    return () => connection.close();
  });
  afterAll(async () => {
    await client.db().dropDatabase();
    await client.close();
  });

  it('finds heads of messages that were changed so often that their first versions were let go', async () => {
    const [chat, you] = [randomUUID(), randomUUID()];
    await store.append([message(chat, you), message(chat, you)]);
    await messages.updateOne({ seq: 1 }, { $set: { versions: [12_001, 12_002], version: 12_002 } });
    const heads = await store.newerHeads([{ chatId: chat, version: 2, always: false }], 10);
    expect(heads).toEqual(new Map([[chat, { seq: 1, version: 12_002 }]]));
  });

  it('counts where messages have no running counts, and goes on from there', async () => {
    const [chat, me, you] = [randomUUID(), randomUUID(), randomUUID()];
    const sent = [
      message(chat, you),
      message(chat, you, { type: 'system' }),
      message(chat, me),
      message(chat, you),
    ];
    await store.append(sent);
    const fields = { tally: 1, chat_tally: 1, expires_at: 1, tokens: 1 } as const;
    await messages.updateMany({}, { $unset: fields });
    const fresh = new MongoMessageStore(connection);
    const unread = (after: number, upTo: number | null) =>
      fresh.unread([{ chatId: chat, userId: me, after, upTo, except: [] }], later(0));
    expect(await unread(0, null)).toEqual([2]);
    expect(await unread(1, null)).toEqual([1]);
    expect(await unread(0, 3)).toEqual([1]);
    await fresh.append([message(chat, you)]);
    expect(await messages.findOne({ seq: 5 })).toMatchObject({ tally: 4, chat_tally: 4 });
    expect(await unread(1, null)).toEqual([2]);
    expect(await fresh.change([changeOf(sent[0] as NewMessage, { kind: 'delete' })])).toMatchObject([
      { outcome: 'changed', message: { expires_at: null } },
    ]);
    expect(await unread(0, null)).toEqual([2]);
    expect(
      (await fresh.newest([{ chatId: chat, after: 0, upTo: 4, except: [] }], later(0))).map((m) => m?.seq),
    ).toEqual([4]);
  });

  it('finds the activity of chats whose entry was lost, and writes it again', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    await store.append([message(a, b, { created_at: later(5) }), message(a, b, { created_at: later(9) })]);
    expect(await store.activity([a, b])).toEqual(new Map([[a, later(9)]]));
    await activity.deleteMany({});
    expect(await store.activity([a, b])).toEqual(new Map([[a, later(9)]]));
    await vi.waitFor(async () => {
      expect(await activity.findOne({ _id: a })).toMatchObject({ newest: { seq: 2 } });
    }, patience);
  });

  it('writes entries that a crash left behind before a sweep gives the rows out', async () => {
    const chat = randomUUID();
    await store.append([message(chat, chat, { created_at: later(5) })]);
    await store.append([message(chat, chat, { created_at: later(9) })]);
    await store.activity([chat]);
    // As if the process had died between the insert of the second and its entry.
    await activity.updateOne({ _id: chat }, { $set: { newest: { seq: 1, at: new Date(later(5)) } } });
    const relay = new MongoConnection({ url, poolSize: 2, timeoutMs: 20_000 });
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => relay.close());
    expect(await new MongoOutboxStore(relay).pending(sweep)).toHaveLength(2);
    expect(await activity.findOne({ _id: chat })).toMatchObject({ newest: { seq: 2 } });
    expect(await store.activity([chat])).toEqual(new Map([[chat, later(9)]]));
  });

  it('moves entries only forward, and keeps the time of the newest whatever the clocks say', async () => {
    const chat = randomUUID();
    await store.append([1, 2, 3].map((n) => message(chat, chat, { created_at: later(9 - n) })));
    expect(await store.activity([chat])).toEqual(new Map([[chat, later(6)]]));
    // An old message that is sent again notes itself once more.
    const first = (await messages.findOne({ seq: 1 })) as MessageDocument;
    const again = { ...message(chat, chat), client_msg_id: first.client_msg_id };
    expect(await store.append([again])).toMatchObject([{ outcome: 'known' }]);
    expect(await store.activity([chat])).toEqual(new Map([[chat, later(6)]]));
    expect(await activity.findOne({ _id: chat })).toMatchObject({ newest: { seq: 3 } });
  });

  it('forgets no outbox flag before the activity of its chat is stored', async () => {
    const chat = randomUUID();
    // The entry cannot be written when the message is stored.
    const bulkWrite = CollectionOfDriver.prototype.bulkWrite;
    const writes = vi.spyOn(CollectionOfDriver.prototype, 'bulkWrite');
    const refused = Promise.withResolvers<void>();
    writes.mockImplementation(function (this: Collection, ...args) {
      if (this.collectionName !== 'message_heads') return bulkWrite.apply(this, args);
      refused.resolve();
      return Promise.reject(new MongoNetworkError('away'));
    });
    const [result] = await store.append([message(chat, chat)]);
    await refused.promise;
    writes.mockRestore();
    expect(await activity.findOne({ _id: chat })).toBeNull();
    const outbox = new MongoOutboxStore(connection);
    await outbox.complete([result?.outcome === 'stored' ? result.outboxId : '']);
    expect(await activity.findOne({ _id: chat })).toMatchObject({ newest: { seq: 1 } });
    expect((await messages.findOne({ chat_id: chat }))?.outbox).toBeUndefined();
  });

  it('searches many chats over years in the order of ids, within what each window shows', async () => {
    const day = 86_400_000;
    const chats = Array.from({ length: 900 }, () => randomUUID());
    const sent = chats.map((chat, n) =>
      sentWith(chat, ['word', ...(n % 300 === 7 ? ['seldom'] : [])], later(-n * day)),
    );
    // The most active chat has something old, too, and one of those that were quiet for long is active again.
    const old = sentWith(chats[0] as string, ['word', 'old'], later(-500.5 * day));
    const back = sentWith(chats[899] as string, ['word', 'back'], later(-1000));
    await store.append([old, ...sent]);
    await store.append([back]);
    const lastAt = await store.activity(chats);
    const windows = chats
      .map((chatId, n) => ({ chatId, after: n === 3 ? 1 : 0, upTo: null, lastAt: lastAt.get(chatId) ?? '' }))
      .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
    const visible = [old, back, ...sent.filter((_, n) => n !== 3)];
    const search = async (token: string, limit: number, before: string | null = null) => {
      const terms = [{ token, prefix: true }];
      return (await store.searchChats({ windows, terms, before, limit, now: later(0) })).map(
        (m) => m.message_id,
      );
    };
    const expected = (token: string) =>
      visible
        .filter((m) => m.tokens.includes(token))
        .map((m) => m.message_id)
        .sort()
        .reverse();
    expect(await search('seldom', 50)).toEqual(expected('seldom'));
    expect(await search('old', 50)).toEqual([old.message_id]);
    expect(await search('word', 20)).toEqual(expected('word').slice(0, 20));
    const paged: string[] = [];
    for (let before: string | null = null; ; before = paged.at(-1) ?? null) {
      const page = await search('word', 300, before);
      paged.push(...page);
      if (page.length < 300) break;
    }
    expect(paged).toEqual(expected('word'));
  }, 120_000);
});
