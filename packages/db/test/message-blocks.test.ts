/** The blocks behind searches and chat lists on PostgreSQL: made behind the sends, and never what an answer depends on. */
import { randomUUID } from 'node:crypto';
import type { NewMessage, StoredMessage } from '@parley/core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { PostgresMessageStore, Sql } from '../src/index.ts';
import { changeOf, later } from './message-contract/kit.ts';
import { sentWith, termsOf } from './message-contract/search.ts';

let database: TestDatabase;
let sql: Sql;
let store: PostgresMessageStore;
const published = { takePublished: () => [], returnPublished: () => undefined };
/** Longer than a test waits for anything that comes by itself. */
const patience = { timeout: 60_000, interval: 20 };

beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Sql({ url: database.url, poolSize: 5, timeoutMs: 20_000 });
  store = new PostgresMessageStore(sql, published);
});
afterAll(async () => {
  await sql.close();
  await database.drop();
});

/** Sends with the number of the message as its time, in batches. */
async function send(chat: string, tokens: (seq: number) => string[], count: number): Promise<NewMessage[]> {
  const sent = Array.from({ length: count }, (_, n) => sentWith(chat, tokens(n + 1), later(n * 1000)));
  for (let n = 0; n < count; n += 500) await store.append(sent.slice(n, n + 500));
  return sent;
}

async function blocks(chat: string): Promise<{ block: number; is_live: boolean; words: string }[]> {
  return sql.rows(
    'blocks',
    'SELECT block, is_live, words::text FROM message_blocks WHERE chat_id = $1 ORDER BY block',
    [chat],
  );
}

/** Waits until the chat has all its blocks. */
const indexed = (chat: string, count: number) =>
  vi.waitFor(async () => expect(await blocks(chat)).toHaveLength(Math.floor(count / 16)), patience);

/** What the store does by itself, at once; it may be at it. */
async function indexAll(chats: string[]): Promise<void> {
  await vi.waitFor(async () => {
    await sql.rows('index-all', 'SELECT parley_index($1, 1000)', [chats]);
    const missing = await sql.rows(
      'missing',
      `SELECT chat_id FROM message_heads h WHERE chat_id = ANY($1::uuid[])
       AND last_seq / 16 > (SELECT count(*) FROM message_blocks b WHERE b.chat_id = h.chat_id)`,
      [chats],
    );
    expect(missing).toEqual([]);
  }, patience);
}

/** As if no block had been made yet. */
async function forgetBlocks(chats: string[]): Promise<void> {
  await sql.rows('forget-blocks', 'DELETE FROM message_blocks WHERE chat_id = ANY($1::uuid[])', [chats]);
  await sql.rows('forget-tallies', 'DELETE FROM message_sender_tallies WHERE chat_id = ANY($1::uuid[])', [
    chats,
  ]);
}

const seqs = (messages: StoredMessage[]) => messages.map((m) => m.seq);
const search = async (chat: string, text: string, limit = 50) =>
  seqs(
    await store.searchChat({
      window: { chatId: chat, after: 0, upTo: null },
      terms: termsOf(text),
      limit,
      now: later(0),
    }),
  );

test('every complete block is made behind the sends, once, by several processes too', async () => {
  const other = new PostgresMessageStore(sql, published);
  const chats = Array.from({ length: 20 }, () => randomUUID());
  for (let n = 0; n < 40; n++) {
    const batch = chats.flatMap((chat) => [sentWith(chat, ['a']), sentWith(chat, ['b'])]);
    await Promise.all([store.append(batch.slice(0, 20)), other.append(batch.slice(20))]);
  }
  for (const chat of chats) {
    await indexed(chat, 80);
    expect((await blocks(chat)).map(({ block }) => block)).toEqual([0, 1, 2, 3, 4]);
  }
});

test('searches find the same before and after there are blocks', async () => {
  const [chat, count] = [randomUUID(), 5003];
  const long = 'pneumonoultramicroscopic';
  const tokens = (seq: number) => [
    ...(seq % 2 === 0 ? ['even'] : ['odd']),
    ...(seq < 1500 ? ['early'] : []),
    ...(seq % 1000 === 1 ? [`${long}silico`, "o'\\clock"] : []),
    ...(seq % 1000 === 2 ? [long] : []),
    ...(seq % 100 === 0 ? [`n${seq}`] : []),
  ];
  await send(chat, tokens, count);
  const expected = new Map(
    [
      'even',
      'early',
      `${long}silico`,
      `${long}*`,
      long,
      'pneu*',
      "o'\\clock early",
      'n1*',
      'early even n*',
      'no*',
      'n400',
    ].map((text) => {
      const hits: number[] = [];
      for (let seq = count; seq > 0 && hits.length < 30; seq--) {
        const own = tokens(seq);
        const matches = ({ token, prefix }: { token: string; prefix: boolean }) =>
          own.some((each) => (prefix ? each.startsWith(token) : each === token));
        if (termsOf(text).every(matches)) hits.push(seq);
      }
      return [text, hits];
    }),
  );
  const check = async () => {
    for (const [text, hits] of expected) expect([text, await search(chat, text, 30)]).toEqual([text, hits]);
  };
  await indexAll([chat]);
  await forgetBlocks([chat]);
  await check();
  await indexAll([chat]);
  expect(await blocks(chat)).toHaveLength(312);
  await check();
});

test('a search over chats finds the same before and after there are blocks', async () => {
  const chats = Array.from({ length: 60 }, () => randomUUID());
  const sent: NewMessage[] = [];
  for (let n = 0; n < 6000; n++) {
    // Some chats are busy, and some were left long ago.
    const chat = chats[Math.floor((n * n * 7) % (60 - Math.floor(n / 200)))] as string;
    const tokens = ['all', ...(n % 500 === 0 ? ['rare'] : []), ...(n < 1000 ? ['early'] : [])];
    sent.push(sentWith(chat, tokens, later(n * 1000)));
  }
  for (let n = 0; n < sent.length; n += 500) await store.append(sent.slice(n, n + 500));
  const activity = await store.activity(chats);
  const windows = [...activity]
    .map(([chatId, lastAt]) => ({ chatId, lastAt, after: 0, upTo: null }))
    .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
  const check = async () => {
    for (const token of ['all', 'rare', 'early', 'none']) {
      const ids = sent
        .filter((m) => m.tokens.includes(token))
        .map((m) => m.message_id)
        .reverse();
      for (const start of [null, 0, 10, 1200, 4000]) {
        const before = start === null ? null : (ids[start] ?? null);
        const from = before === null ? 0 : (start ?? 0) + 1;
        const found = await store.searchChats({
          windows,
          terms: termsOf(token),
          before,
          limit: 20,
          now: later(0),
        });
        expect([token, start, found.map((m) => m.message_id)]).toEqual([
          token,
          start,
          ids.slice(from, from + 20),
        ]);
      }
    }
  };
  await indexAll(chats);
  await forgetBlocks(chats);
  await check();
  await indexAll(chats);
  await check();
});

test('what is deleted or edited leaves its block too', async () => {
  const [chat, count] = [randomUUID(), 2000];
  const sent = await send(chat, (seq) => ['word', `secret${seq}`], count);
  await indexed(chat, count);
  const target = sent[99] as NewMessage;
  expect((await blocks(chat))[6]?.words).toContain('secret100');
  expect(await search(chat, 'secret100')).toEqual([100]);
  await store.change([
    changeOf(target, { kind: 'delete' }),
    changeOf(sent[100] as NewMessage, { kind: 'edit', payload: { body: 'x' }, tokens: ['better'] }),
  ]);
  const [own] = (await blocks(chat)).filter(({ block }) => block === 6);
  expect(own?.words).not.toContain('secret100');
  expect(own?.words).not.toContain('secret101');
  expect(own?.words).toContain('secret102');
  expect(await search(chat, 'better')).toEqual([101]);
  expect(await search(chat, 'secret101')).toEqual([]);
});

test('the newest message that is left is found behind thousands of emptied ones', async () => {
  const [chat, count] = [randomUUID(), 3000];
  const sent = await send(chat, () => [], count);
  await indexed(chat, count);
  for (let n = 0; n < count; n += 500) {
    const some = sent.slice(n, n + 500).filter((_, index) => n + index !== 99);
    await store.change(some.map((m) => changeOf(m, { kind: 'delete' })));
  }
  expect((await blocks(chat)).filter(({ is_live }) => is_live).map(({ block }) => block)).toEqual([6]);
  const window = { chatId: chat, upTo: null, except: [] as string[] };
  const found = await store.newest(
    [
      { ...window, after: 0 },
      { ...window, after: 99 },
      { ...window, after: 100 },
      { ...window, after: 0, upTo: 99 },
      { ...window, after: 0, except: [sent[99]?.message_id ?? ''] },
    ],
    later(0),
  );
  expect(found.map((m) => m?.seq)).toEqual([100, 100, undefined, undefined, undefined]);
});

test('unread counts are the same before and after there are blocks', async () => {
  const [chat, count] = [randomUUID(), 500];
  const users = [randomUUID(), randomUUID(), randomUUID()];
  const sent = Array.from({ length: count }, (_, n) =>
    sentWith(chat, [], later(n), {
      sender_id: users[(n * n + (n >> 4)) % 3] as string,
      type: n % 11 === 0 ? 'system' : 'text',
    }),
  );
  await store.append(sent);
  await store.change(sent.filter((_, n) => n % 13 === 0).map((m) => changeOf(m, { kind: 'delete' })));
  const asks = users.flatMap((userId) =>
    [0, 5, 16, 17, 31, 32, 200, 480, 495, 500].flatMap((after) =>
      [null, 16, 33, 208, 479, 496].map((upTo) => ({ chatId: chat, userId, after, upTo, except: [] })),
    ),
  );
  const expected = asks.map(
    ({ userId, after, upTo }) =>
      sent.filter(
        (m, n) =>
          n >= after && n < (upTo ?? count) && m.sender_id !== userId && m.type !== 'system' && n % 13 !== 0,
      ).length,
  );
  await indexAll([chat]);
  expect(await store.unread(asks, later(0))).toEqual(expected);
  await forgetBlocks([chat]);
  expect(await store.unread(asks, later(0))).toEqual(expected);
  // Some are made, and the others later.
  await sql.rows('index-some', 'SELECT parley_index($1, 7)', [[chat]]);
  expect(await store.unread(asks, later(0))).toEqual(expected);
  await indexAll([chat]);
  expect(await store.unread(asks, later(0))).toEqual(expected);
});

test('activity is the same before and after there are blocks', async () => {
  const [chat, other, count] = [randomUUID(), randomUUID(), 500];
  await send(chat, () => [], count);
  await send(other, () => [], 3);
  const times = [-1, 0, 15, 16, 17, 31, 32, 250, 495, 496, 498, 499, 600];
  const check = async () => {
    for (const time of times) {
      // Between two messages.
      const activity = await store.activity([chat, other], later(time * 1000 + 500));
      expect([time, activity.get(chat)]).toEqual([
        time,
        time < 0 ? undefined : later(Math.min(time, 499) * 1000),
      ]);
      expect(activity.get(other)).toBe(time < 0 ? undefined : later(Math.min(time, 2) * 1000));
    }
  };
  await indexAll([chat]);
  await check();
  await forgetBlocks([chat]);
  await check();
  await sql.rows('index-some', 'SELECT parley_index($1, 7)', [[chat]]);
  await check();
});

test('an edit during the making of a block is not lost', async () => {
  const [chat, count] = [randomUUID(), 480];
  const sent = await send(chat, () => ['w0x'], count);
  // Again and again, so that all orders happen.
  for (let round = 1; round <= 12; round++) {
    await indexAll([chat]);
    await forgetBlocks([chat]);
    const edits = sent.map((m) =>
      changeOf(m, { kind: 'edit', payload: { body: 'x' }, tokens: [`w${round}x`] }),
    );
    const parts = Array.from({ length: 20 }, (_, n) => edits.filter((_, index) => index % 20 === n));
    await Promise.all([
      ...parts.map((part) => store.change(part)),
      ...parts.map(() => sql.rows('index-some', 'SELECT parley_index($1, 7)', [[chat]])),
    ]);
    await indexAll([chat]);
    const words = (await blocks(chat)).map((block) => block.words).join(' ');
    expect(new Set(words.match(/w\d+x/g))).toEqual(new Set([`w${round}x`]));
  }
});
