/** What only MongoDB's message store has to get right when messages change: heads, versions, and events that share a document. */
import { randomUUID } from 'node:crypto';
import { isUnavailable, type MessageChange, type NewMessage } from '@parley/core';
import { type Collection, Collection as CollectionOfDriver, MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MongoConnection, MongoMessageStore, MongoOutboxStore } from '../src/index.ts';
import type { MessageDocument } from '../src/mongo/message-document.ts';
import { changeOf, changesIn, message, sweep } from './message-contract/kit.ts';
import { testMongoUrl } from './support/mongo.ts';

const { url, why } = await testMongoUrl();

describe.skipIf(why)(`changes of messages on MongoDB${why}`, () => {
  let client: MongoClient;
  let messages: Collection<MessageDocument>;
  let connection: MongoConnection;
  let store: MongoMessageStore;
  beforeAll(() => {
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

  const react = (target: NewMessage, emoji: string | null, userId: string = randomUUID()): MessageChange =>
    changeOf(target, { kind: 'react', userId, emoji });
  const stored = async (target: NewMessage) =>
    (await messages.findOne({ _id: target.message_id })) as MessageDocument;
  const idOf = (result: Awaited<ReturnType<typeof store.change>>[number] | undefined) =>
    result?.outcome === 'changed' ? result.outboxId : '';

  it('takes no version twice when the remembered head is older than the message', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const [target, last] = [message(chat, me), message(chat, me)];
    // What this store remembers from here on is the head of now.
    await store.append([target, last]);
    const other = new MongoMessageStore(connection);
    await other.change([react(target, '👍')]);
    const [result] = await store.change([react(target, '❤️')]);
    expect(result).toMatchObject({ outcome: 'changed', message: { version: 4 } });
    expect((await stored(target)).versions).toEqual([1, 3, 4]);
    expect(await store.append([message(chat, me)])).toMatchObject([{ seq: 3, version: 5 }]);
  });

  it('keeps both counters on the document with the largest version', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const sent = [message(chat, me), message(chat, me, { type: 'system' }), message(chat, me)];
    await store.append(sent);
    await store.change([react(sent[0] as NewMessage, '👍')]);
    expect(await stored(sent[0] as NewMessage)).toMatchObject({
      ...{ seq: 1, version: 4, versions: [1, 4], chat_seq: 3, tally: 1, chat_tally: 2 },
    });
    await new MongoMessageStore(connection).append([message(chat, me)]);
    expect(await messages.findOne({ chat_id: chat, seq: 4 })).toMatchObject({ version: 5, tally: 3 });
  });

  it('makes a hundred reactions at once in a few updates, each with its version and its event', async () => {
    const target = message(randomUUID(), randomUUID());
    await store.append([target]);
    const users = Array.from({ length: 100 }, () => randomUUID());
    const updates = vi.spyOn(CollectionOfDriver.prototype, 'updateOne');
    const results = (
      await Promise.all(users.map((user) => store.change([react(target, '👍', user)])))
    ).flat();
    expect(updates.mock.calls.length).toBeLessThan(10);
    updates.mockRestore();
    const versions = results.map((result) => (result.outcome === 'changed' ? result.message.version : 0));
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n + 2));
    const { reactions, untold } = await stored(target);
    expect(Object.keys(reactions)).toHaveLength(100);
    // Each call completes its own row and no other's.
    const ids = results.map(idOf);
    expect(new Set(ids).size).toBe(100);
    expect(untold).toHaveLength(100);
    const outbox = new MongoOutboxStore(connection);
    await outbox.complete(ids.slice(0, 99));
    const rows = (await outbox.pending(sweep)).filter((row) => row.subject === 'msg.changed');
    expect(rows.flatMap(changesIn)).toMatchObject([{ userId: users[99] }]);
    expect(rows.map((row) => row.id)).toEqual([ids[99]]);
  });

  it('claims and forgets each change of a message by itself', async () => {
    const target = message(randomUUID(), randomUUID());
    const [sent] = await store.append([target]);
    const first = await store.change([react(target, '👍')]);
    const outbox = new MongoOutboxStore(connection);
    const other = new MongoOutboxStore(connection);
    const rows = await outbox.pending(sweep);
    expect(rows.map((row) => [row.subject, row.id])).toEqual([
      ['msg.new', sent?.outcome === 'stored' ? sent.outboxId : ''],
      ['msg.changed', idOf(first[0])],
    ]);
    const second = await store.change([react(target, '❤️')]);
    // The first is claimed, the second is free: on the same document.
    const theirs = await other.pending(sweep);
    expect(theirs.map((row) => row.id)).toEqual([idOf(second[0])]);
    expect(await outbox.pending(sweep)).toEqual([]);
    await outbox.complete(rows.map((row) => row.id));
    expect((await stored(target)).untold).toMatchObject([{ change: { emoji: '❤️', version: 3 } }]);
    await other.complete(theirs.map((row) => row.id));
    expect(await stored(target)).toMatchObject({ untold: [] });
    expect((await stored(target)).outbox).toBeUndefined();
  });

  it('does not forget a change that another relay claimed after its own claim ran out', async () => {
    const target = message(randomUUID(), randomUUID());
    await store.append([target]);
    await store.change([react(target, '👍')]);
    const [slow, other] = [new MongoOutboxStore(connection), new MongoOutboxStore(connection)];
    const mine = await slow.pending({ ...sweep, claimSeconds: 0 });
    const theirs = await other.pending({ ...sweep, claimSeconds: 0 });
    expect(theirs).toEqual(mine);
    await slow.complete(mine.map((row) => row.id));
    expect((await stored(target)).untold).toHaveLength(1);
    await other.complete(theirs.map((row) => row.id));
    expect((await stored(target)).untold).toEqual([]);
  });

  it('gives sends and changes oldest first, as many rows as are asked for', async () => {
    const [a, b] = [message(randomUUID(), randomUUID()), message(randomUUID(), randomUUID())];
    await store.append([a]);
    await store.change([react(a, '👍')]);
    await store.append([b]);
    await store.change([react(b, '👍')]);
    const outbox = new MongoOutboxStore(connection);
    const subjects = async () => (await outbox.pending({ ...sweep, limit: 3 })).map((row) => row.subject);
    expect(await subjects()).toEqual(['msg.new', 'msg.changed', 'msg.new']);
    expect(await subjects()).toEqual(['msg.changed']);
  });

  it('answers "unavailable" when every version it tries is taken', async () => {
    const target = message(randomUUID(), randomUUID());
    const last = message(target.chat_id, randomUUID());
    await store.append([target, last]);
    // A head that is always too low, as if somebody were always faster.
    await messages.updateOne({ _id: last.message_id }, { $set: { version: 1 } });
    await using cleanup = new AsyncDisposableStack();
    const hasty = new MongoConnection({ url, poolSize: 2, timeoutMs: 300 });
    cleanup.defer(() => hasty.close());
    const refused = await new MongoMessageStore(hasty).change([react(target, '👍')]).catch((error) => error);
    expect(isUnavailable(refused)).toBe(true);
    expect(await stored(target)).toMatchObject({ version: 1, versions: [1], reactions: {} });
  });

  it('lets no message grow without end while nothing is published', async () => {
    const [target, neighbour] = [message(randomUUID(), randomUUID()), message(randomUUID(), randomUUID())];
    await store.append([target, neighbour]);
    const entry = { batch: '0', position: 0 } as NonNullable<MessageDocument['untold']>[number];
    await messages.updateOne(
      { _id: target.message_id },
      { $set: { untold: Array.from({ length: 2_000 }, () => entry) } },
    );
    await using cleanup = new AsyncDisposableStack();
    const hasty = new MongoConnection({ url, poolSize: 2, timeoutMs: 1_000 });
    cleanup.defer(() => hasty.close());
    const other = new MongoMessageStore(hasty);
    const refused = await other.change([react(target, '👍')]).catch((error) => error);
    expect(isUnavailable(refused)).toBe(true);
    expect(await store.change([react(neighbour, '👍')])).toMatchObject([{ outcome: 'changed' }]);
  });
});
