/**
 * What the statements of the message store read: look-ups by index, as many with a hundred thousand messages stored as with none, also where
 * they were planned while the tables were empty.
 */
import { randomUUID } from 'node:crypto';
import type { NewMessage } from '@parley/core';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { PostgresMessageStore, Sql } from '../src/index.ts';
import { changeOf, later } from './message-contract/kit.ts';
import { sentWith, termsOf } from './message-contract/search.ts';

/** Pages of tables and indexes read, and scans of whole tables, so far in this session and not yet reported. */
const readSoFar = `
  SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(oid)), 0)::int AS pages,
         coalesce(sum(pg_stat_get_xact_numscans(oid)) FILTER (WHERE relkind = 'r'), 0)::int AS scans
  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname LIKE 'message%'`;

interface Reading {
  pages: number;
  scans: number;
  plan: string;
}

/** Notes what each statement reads, functions that it calls included. */
class WatchedSql extends Sql {
  readonly readings = new Map<string, Reading>();

  override async rows<R extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<R[]> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const before = (await client.query<Reading>(readSoFar)).rows[0] as Reading;
      const { rows } = await client.query<R>({ name, text, values });
      const after = (await client.query<Reading>(readSoFar)).rows[0] as Reading;
      await client.query('COMMIT');
      const explained = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
      const known = this.readings.get(name) ?? { pages: 0, scans: 0, plan: '' };
      this.readings.set(name, {
        pages: Math.max(known.pages, after.pages - before.pages),
        scans: Math.max(known.scans, after.scans - before.scans),
        plan: `${known.plan}\n${explained.rows.map((row) => row['QUERY PLAN']).join('\n')}`,
      });
      return rows;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}

let database: TestDatabase;
let sql: WatchedSql;
let store: PostgresMessageStore;
const published = { takePublished: () => [], returnPublished: () => undefined };

beforeAll(async () => {
  database = await createTestDatabase();
  // One connection, so that every statement is planned once.
  sql = new WatchedSql({ url: database.url, poolSize: 1, timeoutMs: 60_000 });
  store = new PostgresMessageStore(sql, published);
});
afterAll(async () => {
  await sql.close();
  await database.drop();
});

const [long, users] = [randomUUID(), [randomUUID(), randomUUID(), randomUUID()]];
const others = Array.from({ length: 50 }, () => randomUUID());
const chats = [long, ...others];
/** One that many messages carry, and one that nobody does. */
const [viral, lost] = [randomUUID(), randomUUID()];
const sent = new Map<string, NewMessage[]>(chats.map((chat) => [chat, []]));

const next = (chat: string, more: Partial<NewMessage> = {}): NewMessage => {
  const own = sent.get(chat) as NewMessage[];
  const tokens = ['the', `n${own.length}`, own.length % 1000 === 0 ? 'rare' : 'common'];
  const sender = users[own.length % 3] as string;
  const payload = own.length % 10 === 5 ? { media_id: viral } : { body: 'x' };
  const message = sentWith(chat, tokens, later(own.length * 1000), { sender_id: sender, payload, ...more });
  own.push(message);
  return message;
};

/** Stores without being watched. */
async function fill(): Promise<void> {
  const plain = new Sql({ url: database.url, poolSize: 2, timeoutMs: 60_000 });
  const quick = new PostgresMessageStore(plain, published);
  for (let n = 0; n < 60; n++) await quick.append(Array.from({ length: 1000 }, () => next(long)));
  for (let n = 0; n < 40; n++)
    await quick.append(others.flatMap((chat) => Array.from({ length: 20 }, () => next(chat))));
  // Half of the long chat was emptied, the newest half.
  const emptied = (sent.get(long) ?? []).slice(30_000);
  for (let n = 0; n < emptied.length; n += 2000) {
    await quick.change(emptied.slice(n, n + 2000).map((m) => changeOf(m, { kind: 'delete' })));
  }
  await vi.waitFor(
    async () => {
      await plain.rows('index-all', 'SELECT parley_index($1, 1000)', [chats]);
      const missing = await plain.rows(
        'missing',
        `SELECT chat_id FROM message_heads h
         WHERE last_seq / 16 > (SELECT count(*) FROM message_blocks b WHERE b.chat_id = h.chat_id)`,
        [],
      );
      expect(missing).toEqual([]);
    },
    { timeout: 120_000, interval: 50 },
  );
  await plain.close();
}

/** Everything that the store does, once. */
async function useAll(): Promise<void> {
  const now = later(1e9);
  const batch = chats.map((chat) => next(chat, { expires_at: later(500) }));
  await store.append(batch);
  const [first] = batch as [NewMessage, ...NewMessage[]];
  await store.known(first.sender_id, first.client_msg_id);
  await store.byIds(batch.map((m) => m.message_id));
  const length = sent.get(long)?.length ?? 0;
  const around = { chatId: long, after: Math.floor(length / 3), upTo: null };
  await store.page({ ...around, before: length, limit: 50 });
  await store.others([{ chatId: long, userId: first.sender_id, from: 0, to: length, limit: 50 }]);
  const asks = chats.map((chatId) => ({
    ...around,
    after: Math.floor((sent.get(chatId)?.length ?? 0) / 3),
    chatId,
    userId: users[0] as string,
    except: [first.message_id],
  }));
  // The long chat's window of emptied messages is counted one by one: that is what its index is small for.
  await store.unread(asks.slice(1), now);
  await store.newest(asks, now);
  await store.activity(chats);
  await store.activity(chats, later((length * 1000) / 2));
  await store.heads(chats);
  const known = chats.map((chatId, n) => ({ chatId, version: n % 2, always: n % 2 === 0 }));
  await store.newerHeads(known, 1000);
  const version = Math.floor(length / 3);
  await store.changedSince([
    { window: { chatId: long, after: 0, upTo: null }, version, upToVersion: version + 5000, limit: 50 },
    ...others.map((chatId) => {
      return { window: { chatId, after: 0, upTo: null }, version: 3, upToVersion: 20, limit: 17 };
    }),
  ]);
  await store.between(chats.map((chatId) => ({ chatId, from: 3, to: 23 })));
  await store.expired(now, 10);
  const windows = chats.map((chatId) => ({ chatId, after: 0, upTo: null, lastAt: now }));
  const has = length > 5;
  expect(await store.carriers(lost, 10)).toEqual([]);
  expect(await store.carriers(viral, 10)).toHaveLength(has ? 10 : 0);
  expect(await store.carried([lost, viral])).toEqual(new Set(has ? [viral] : []));
  // Each chat has it many times, but not there.
  const narrow = windows.map(({ chatId }) => ({ chatId, after: 6, upTo: 15 }));
  expect(await store.carriedIn(viral, narrow, now)).toBe(false);
  expect(await store.carriedIn(lost, windows, now)).toBe(false);
  expect(await store.carriedIn(viral, [...narrow, ...windows], now)).toBe(has);
  for (const text of ['the', 'rare', 'none', 'n1* rare']) {
    const terms = termsOf(text);
    await store.searchChat({ window: { chatId: long, after: 0, upTo: null }, terms, limit: 20, now });
    await store.searchChats({ windows, terms, before: null, limit: 20, now });
    await store.searchChats({
      windows,
      terms,
      before: sent.get(long)?.[9]?.message_id ?? null,
      limit: 20,
      now,
    });
  }
  await store.change([
    changeOf(first, { kind: 'delete' }),
    changeOf(batch[1] as NewMessage, { kind: 'react', userId: users[0] as string, emoji: '👍' }, later(100)),
    changeOf(batch[2] as NewMessage, { kind: 'edit', payload: { body: 'x' }, tokens: ['x'] }, later(100)),
  ]);
  // Fills the blocks that are begun, so that some are made.
  for (let n = 0; n < 16; n++) await store.append(chats.map((chat) => next(chat)));
  await vi.waitFor(() => expect(sql.readings.has('index')).toBe(true), { timeout: 30_000, interval: 10 });
}

/** Pages that each may read, at most: by what is asked above, not by what is stored. */
const bounds: Record<string, number> = {
  append: 51 * 120,
  known: 20,
  'by-ids': 51 * 12,
  page: 150,
  others: 250,
  unread: 50 * 60,
  newest: 51 * 60,
  activity: 51 * 120,
  heads: 51 * 6,
  'newer-heads': 51 * 6,
  'changed-since': 51 * 30,
  between: 51 * 30,
  expired: 60,
  carriers: 30,
  carried: 16,
  'carried-in': 102 * 6,
  change: 800,
  index: 64 * 300,
  'search-chat': 3000,
  'search-newest': 51 * 60,
  'search-blocks': 51 * 200,
  'search-messages': 64 * 60,
};

test('every statement looks up by index, and reads no more when much is stored', async () => {
  // Twice, because some statements are only for chats that have blocks.
  await useAll();
  await useAll();
  expect([...sql.readings.keys()].sort()).toEqual(Object.keys(bounds).sort());
  await fill();
  sql.readings.clear();
  await useAll();
  for (const [name, { pages, scans, plan }] of sql.readings) {
    expect([name, plan.match(/Seq Scan on message\w*/g)]).toEqual([name, null]);
    expect([name, scans]).toEqual([name, 0]);
    expect([name, pages <= (bounds[name] ?? 0) ? 'few' : pages]).toEqual([name, 'few']);
  }
  expect([...sql.readings.keys()].sort()).toEqual(Object.keys(bounds).sort());
}, 600_000);
