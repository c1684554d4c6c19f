/** What only MongoDB's message store has to get right: indexes, versions that stay taken, claims of single messages. */
import { randomUUID } from 'node:crypto';
import { isUnavailable } from '@parley/core';
import { type Collection, MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MongoConnection, MongoMessageStore, MongoOutboxStore } from '../src/index.ts';
import type { MessageDocument } from '../src/mongo/message-document.ts';
import { message } from './message-contract/kit.ts';
import { testMongoUrl } from './support/mongo.ts';

const { url, why } = await testMongoUrl();

describe.skipIf(why)(`messages on MongoDB${why}`, () => {
  let client: MongoClient;
  let messages: Collection<MessageDocument>;
  let connection: MongoConnection;
  let store: MongoMessageStore;
  beforeAll(async () => {
    client = new MongoClient(url);
    messages = client.db().collection('messages');
    connection = new MongoConnection({ url, poolSize: 5, timeoutMs: 20_000 });
  });
  beforeEach(async () => {
    await client.db().dropDatabase();
    store = new MongoMessageStore(connection);
    await store.ensureIndexes();
    // A database cannot be dropped under what is still being written.
    return () => store.activity([]);
  });
  afterAll(async () => {
    await client.db().dropDatabase();
    await client.close();
    await connection.close();
  });

  it('makes its indexes once, however many instances start at the same time', async () => {
    await client.db().dropDatabase();
    const stores = Array.from({ length: 8 }, () => new MongoMessageStore(connection));
    await Promise.all(stores.map((one) => one.ensureIndexes()));
    await Promise.all([...stores, new MongoMessageStore(connection)].map((one) => one.ensureIndexes()));
    const indexes = await messages.listIndexes().toArray();
    expect(Object.fromEntries(indexes.map(({ name, key, unique }) => [name, { key, unique }]))).toEqual({
      _id_: { key: { _id: 1 } },
      chat_seq: { key: { chat_id: 1, seq: 1 }, unique: true },
      chat_versions: { key: { chat_id: 1, versions: 1 }, unique: true },
      sender_client_msg_id: { key: { sender_id: 1, client_msg_id: 1 }, unique: true },
      chat_sender: { key: { chat_id: 1, sender_id: 1, seq: 1, type: 1 } },
      chat_live: { key: { chat_id: 1, seq: -1 } },
      chat_deleted: { key: { chat_id: 1, seq: 1, sender_id: 1, type: 1, is_deleted: 1 } },
      expires: { key: { expires_at: 1 } },
      chat_expires: { key: { chat_id: 1, expires_at: 1 } },
      chat_tokens: { key: { chat_id: 1, tokens: 1, _id: -1, seq: 1 } },
      media_carriers: { key: { 'payload.media_id': 1, chat_id: 1, seq: 1 } },
      outbox_batch: { key: { 'outbox.batch': 1 } },
      untold_batch: { key: { 'untold.batch': 1 } },
    });
    const partial = indexes.filter((index) => index.partialFilterExpression !== undefined);
    const hasTime = { is_deleted: false, expires_at: { $gt: new Date(0) } };
    expect(Object.fromEntries(partial.map((index) => [index.name, index.partialFilterExpression]))).toEqual({
      chat_live: { is_deleted: false },
      chat_deleted: { is_deleted: true },
      expires: hasTime,
      chat_expires: hasTime,
      chat_tokens: { is_deleted: false },
      media_carriers: { 'payload.media_id': { $exists: true } },
      outbox_batch: { 'outbox.batch': { $exists: true } },
      untold_batch: { 'untold.batch': { $exists: true } },
    });
  });

  it('makes them with the first message where nobody did', async () => {
    await client.db().dropDatabase();
    const late = new MongoMessageStore(connection);
    const first = message(randomUUID(), randomUUID());
    const again = { ...first, message_id: randomUUID() };
    const results = await Promise.all([late.append([first]), late.append([again])]);
    expect(
      results
        .flat()
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['known', 'stored']);
  });

  it('asks for the majority in everything it writes and reads', () => {
    expect(connection.collection('messages').writeConcern).toMatchObject({ w: 'majority', journal: true });
    expect(connection.collection('messages').readConcern).toMatchObject({ level: 'majority' });
  });

  it('takes the database of the connection string, or parley', async () => {
    const nameFor = async (address: string) => {
      await using cleanup = new AsyncDisposableStack();
      const other = new MongoConnection({ url: address, poolSize: 1 });
      cleanup.defer(() => other.close());
      return other.collection('messages').dbName;
    };
    expect(await nameFor('mongodb://127.0.0.1:1')).toBe('parley');
    expect(await nameFor('mongodb://127.0.0.1:1/?retryWrites=false')).toBe('parley');
    expect(await nameFor('mongodb://a.invalid:1,b.invalid:2/chats?replicaSet=rs0')).toBe('chats');
  });

  it('never gives a version again, and goes on behind the newest, when messages change', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const [first, second] = [message(chat, me), message(chat, me)];
    await store.append([first, second]);
    // The first message is edited: version 1 becomes 3. Its head in `store` is old now.
    await messages.updateOne(
      { _id: first.message_id },
      { $set: { version: 3, chat_seq: 2, type: 'text' }, $push: { versions: 3 } },
    );
    expect(await store.heads([chat])).toEqual(new Map([[chat, { seq: 2, version: 3 }]]));
    const results = await store.append([message(chat, me), message(chat, me)]);
    expect(results).toMatchObject([
      { seq: 3, version: 4 },
      { seq: 4, version: 5 },
    ]);
    for (const taken of [1, 2, 3, 4, 5]) {
      const late = { ...(await messages.findOne({ _id: second.message_id })), _id: randomUUID(), seq: 9 };
      const document = { ...late, client_msg_id: randomUUID(), version: taken, versions: [taken] };
      await expect(messages.insertOne(document as MessageDocument)).rejects.toThrow(/chat_versions/);
    }
  });

  it('answers "unavailable" when every number it tries is taken', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const sent = message(chat, me);
    await store.append([sent]);
    // A head that is always too low, as if somebody were always faster.
    await messages.updateOne({ _id: sent.message_id }, { $set: { chat_seq: 0 } });
    const hasty = new MongoConnection({ url, poolSize: 1, timeoutMs: 300 });
    const refused = await new MongoMessageStore(hasty).append([message(chat, me)]).catch((error) => error);
    expect(isUnavailable(refused)).toBe(true);
    await hasty.close();
  });

  it('tells a mistake from a store that is away, without telling what people wrote', async () => {
    await messages.createIndex({ fingerprint: 1 }, { name: 'strange', unique: true });
    const sent = [1, 2].map(() => message(randomUUID(), randomUUID(), { payload: { body: 'secret' } }));
    const refused: unknown = await store.append(sent).catch((error) => error);
    expect(refused).toBeInstanceOf(Error);
    expect(isUnavailable(refused)).toBe(false);
    expect(JSON.stringify([refused, String(refused), { ...(refused as object) }])).not.toContain('secret');
  });

  it('forgets only what a sweep gave out when more of its batch appears later', async () => {
    const outbox = new MongoOutboxStore(connection);
    const [chat, me] = [randomUUID(), randomUUID()];
    const [first, second] = [message(chat, me), message(chat, me)];
    await store.append([first, second]);
    // As if the insert were still going on: its second message comes after the sweep looked.
    const late = await messages.findOneAndDelete({ _id: second.message_id });
    const sweep = { olderThanSeconds: 0, limit: 10, claimSeconds: 30 };
    const rows = await outbox.pending(sweep);
    expect(rows).toMatchObject([{ payload: { messages: [{ id: first.message_id }] } }]);
    await messages.insertOne(late as MessageDocument);
    await outbox.complete(rows.map((row) => row.id));
    expect(await outbox.pending(sweep)).toMatchObject([
      { id: rows[0]?.id, payload: { messages: [{ id: second.message_id }] } },
    ]);
  });

  it('does not forget what another relay claimed after its own claim ran out', async () => {
    const [slow, other] = [new MongoOutboxStore(connection), new MongoOutboxStore(connection)];
    await store.append([message(randomUUID(), randomUUID())]);
    const sweep = { olderThanSeconds: 0, limit: 10, claimSeconds: 0 };
    const [mine] = await slow.pending(sweep);
    const [theirs] = await other.pending(sweep);
    expect(theirs?.id).toBe(mine?.id);
    await slow.complete([mine?.id ?? '']);
    expect(await messages.countDocuments({ outbox: { $exists: true } })).toBe(1);
    await other.complete([theirs?.id ?? '']);
    expect(await messages.countDocuments({ outbox: { $exists: true } })).toBe(0);
  });

  it('refuses outbox ids of other stores', async () => {
    await expect(new MongoOutboxStore(connection).complete(['17'])).rejects.toThrow(/not an outbox id/);
  });
});
