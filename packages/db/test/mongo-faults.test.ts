/** The message store while MongoDB hangs, goes away and comes back. */
import { randomUUID } from 'node:crypto';
import { type AppendResult, isUnavailable, type NewMessage } from '@parley/core';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MongoConnection, MongoMessageStore, MongoOutboxStore } from '../src/index.ts';
import { changeOf, message } from './message-contract/kit.ts';
import { ownMongo } from './support/mongo.ts';

const { server, why } = await ownMongo();

describe.skipIf(!server)(`MongoDB that fails${why}`, () => {
  if (!server) return;
  afterAll(() => server[Symbol.asyncDispose]());

  let connections: MongoConnection[] = [];
  let store: MongoMessageStore;
  const connect = (timeoutMs = 2_500) => {
    const connection = new MongoConnection({ url: server.url, poolSize: 5, timeoutMs });
    connections.push(connection);
    return connection;
  };
  beforeEach(async () => {
    store = new MongoMessageStore(connect());
    await store.ensureIndexes();
  });
  afterEach(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    connections = [];
  });

  /** What became of it, and that it took no longer than a call may. */
  async function refusalOf(work: Promise<unknown>): Promise<unknown> {
    const started = performance.now();
    const refusal = await work.then(
      () => 'not refused',
      (error) => error,
    );
    expect(performance.now() - started).toBeLessThan(3_000);
    return refusal;
  }

  const recovered = <T>(work: () => Promise<T>) => vi.waitFor(work, { timeout: 20_000, interval: 50 });

  const page = (chatId: string) => store.page({ chatId, before: null, after: 0, upTo: null, limit: 10_000 });

  it('is unavailable in time while it hangs, and then carries on by itself', async () => {
    const [chat, me, connection] = [randomUUID(), randomUUID(), connect()];
    const [now, window] = [new Date().toISOString(), { chatId: chat, after: 0, upTo: null }];
    const terms = [{ token: 'word', prefix: true }];
    await connection.ping();
    await store.append([message(chat, me)]);
    server.pause();
    try {
      // A process does not stop in the very moment of the signal.
      await vi.waitFor(() => expect(connection.ping()).rejects.toThrow(), { timeout: 20_000 });
      const calls = [
        connection.ping(),
        store.append([message(chat, me)]),
        store.known(me, randomUUID()),
        store.byIds([randomUUID()]),
        page(chat),
        store.others([{ chatId: chat, userId: me, from: 0, to: 5, limit: 9 }]),
        store.unread([{ ...window, userId: me, except: [] }], now),
        store.newest([{ ...window, except: [] }], now),
        store.activity([chat]),
        store.expired(now, 10),
        store.searchChat({ window, terms, limit: 5, now }),
        store.searchChats({ windows: [{ ...window, lastAt: now }], terms, before: null, limit: 5, now }),
        store.change([changeOf(message(chat, me), { kind: 'delete' })]),
        store.heads([chat]),
        new MongoMessageStore(connection).ensureIndexes(),
        new MongoOutboxStore(connection).pending({ olderThanSeconds: 0, limit: 1, claimSeconds: 1 }),
        new MongoOutboxStore(connection).complete(['mongo:x']),
        // One that never was connected.
        new MongoMessageStore(connect()).heads([chat]),
      ];
      const refusals = await Promise.all(calls.map(refusalOf));
      expect(refusals.map(isUnavailable)).toEqual(refusals.map(() => true));
    } finally {
      server.resume();
    }
    await recovered(() => connection.ping());
    await recovered(() => store.append([message(chat, me)]));
  });

  it('leaves no hole and loses nothing when it hangs in the middle of inserts, and repeats are known', async () => {
    const chats = [randomUUID(), randomUUID()];
    const writers = [store, new MongoMessageStore(connect()), new MongoMessageStore(connect())];
    const accepted: string[] = [];
    const refused: NewMessage[] = [];
    let stopped = false;
    const writing = writers.map(async (writer) => {
      while (!stopped) {
        const batch = Array.from({ length: 40 }, (_, n) => message(chats[n % 2] ?? '', randomUUID()));
        try {
          await writer.append(batch);
          accepted.push(...batch.map((m) => m.message_id));
        } catch (error) {
          expect(isUnavailable(error)).toBe(true);
          refused.push(...batch);
        }
      }
    });
    await vi.waitFor(() => expect(accepted.length).toBeGreaterThan(200), { timeout: 20_000 });
    server.pause();
    try {
      await vi.waitFor(() => expect(refused.length).toBeGreaterThanOrEqual(120), { timeout: 20_000 });
    } finally {
      stopped = true;
      server.resume();
    }
    await Promise.all(writing);
    await recovered(() => store.heads(chats));

    // Clients ask again with the same client_msg_id, while what was given up may still be carried out.
    const repeats = refused.map((m) => ({ ...m, message_id: randomUUID() }));
    const half = Math.ceil(repeats.length / 2);
    const results: AppendResult[][] = await Promise.all([
      recovered(() => store.append(repeats.slice(0, half))),
      recovered(() => (writers[1] as MongoMessageStore).append(repeats.slice(half))),
    ]);
    expect(results.flat()).toHaveLength(repeats.length);

    // What is looked at now may take its time.
    const patient = connect(30_000);
    const reader = new MongoMessageStore(patient);
    const everything = (chatId: string) =>
      reader.page({ chatId, before: null, after: 0, upTo: null, limit: 10_000 });
    const all = (await Promise.all(chats.map(everything))).map((messages) => messages.reverse());
    for (const messages of all) {
      expect(messages.map((m) => [m.seq, m.version])).toEqual(messages.map((_, n) => [n + 1, n + 1]));
    }
    const stored = all.flat();
    const ids = new Set(stored.map((m) => m.message_id));
    expect(accepted.filter((id) => !ids.has(id))).toEqual([]);
    expect(new Set(stored.map((m) => m.client_msg_id)).size).toBe(stored.length);
    expect(stored.length).toBe(accepted.length + refused.length);

    // What was stored but never answered is still there for the relay.
    const outbox = new MongoOutboxStore(patient);
    const pending = new Set<string>();
    for (;;) {
      const rows = await outbox.pending({ olderThanSeconds: 0, limit: 1_000, claimSeconds: 60 });
      if (rows.length === 0) break;
      for (const row of rows) {
        for (const { id } of (row.payload as { messages: { id: string }[] }).messages) pending.add(id);
      }
    }
    expect(stored.filter((m) => !pending.has(m.message_id))).toEqual([]);
  }, 90_000);

  it('is unavailable while it is stopped, and keeps what it accepted when it is back', async () => {
    const [chat, me, connection] = [randomUUID(), randomUUID(), connect()];
    const sent = message(chat, me);
    await store.append([sent]);
    await server.stop();
    try {
      const refusals = await Promise.all(
        [store.append([message(chat, me)]), page(chat), connection.ping()].map(refusalOf),
      );
      expect(refusals.map(isUnavailable)).toEqual([true, true, true]);
      // Nobody was there when this one came up.
      expect(isUnavailable(await refusalOf(new MongoMessageStore(connect()).ensureIndexes()))).toBe(true);
    } finally {
      await server.start();
    }
    const [again] = await recovered(() => store.append([{ ...sent, message_id: randomUUID() }]));
    expect(again).toMatchObject({ outcome: 'known', message: { message_id: sent.message_id } });
    expect(await recovered(() => store.append([message(chat, me)]))).toMatchObject([{ seq: 2, version: 2 }]);
    await recovered(() => connection.ping());
  }, 60_000);

  it('connects when it comes, where it was away at the start', async () => {
    await server.stop();
    const early = new MongoMessageStore(connect());
    const sent = message(randomUUID(), randomUUID());
    let refusal: unknown;
    try {
      refusal = await refusalOf(early.append([sent]));
    } finally {
      await server.start();
    }
    expect(isUnavailable(refusal)).toBe(true);
    expect(await recovered(() => early.append([sent]))).toMatchObject([{ outcome: 'stored', seq: 1 }]);
  }, 60_000);
});
