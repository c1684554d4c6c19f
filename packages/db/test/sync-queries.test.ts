/** What a page of sync costs: the same queries, however many chats are named (contract section 2, Sync). */
import { randomUUID } from 'node:crypto';
import { type Caller, ChatCache, type Core, type MessageStore, syncChanges } from '@parley/core';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createPrisma,
  MongoConnection,
  MongoMessageStore,
  PostgresChatStore,
  PostgresContactStore,
  PostgresMarkStore,
  PostgresMessageStore,
  PostgresPrivacyStore,
  PostgresUserStore,
  Sql,
} from '../src/index.ts';
import { message } from './message-contract/kit.ts';
import { chatDatabase, nothingPublished } from './support/chats.ts';
import { testMongoUrl } from './support/mongo.ts';

/** Counts statements. */
class CountingSql extends Sql {
  count = 0;

  override rows<R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    this.count++;
    return super.rows(name, text, values);
  }
}

const db = chatDatabase();
const chatCount = 1_000;
const chats: string[] = [];
let sql: CountingSql;
let me = '';
let other = '';

beforeAll(async () => {
  sql = new CountingSql({ url: db.url(), poolSize: 4, timeoutMs: 20_000 });
  const [first = '', ...others] = await db.users(chatCount + 1);
  [me, other] = [first, others[0] ?? ''];
  const made = await db.sql().rows<{ id: string }>(
    'fill-chats',
    `INSERT INTO chats (id, type, direct_key, state_version)
     SELECT gen_random_uuid(), 'direct', LEAST($1, u) || ':' || GREATEST($1, u), 1 FROM unnest($2::uuid[]) AS u RETURNING id`,
    [me, others],
  );
  chats.push(...made.map((row) => row.id));
  await db.sql().rows(
    'fill-participants',
    `INSERT INTO chat_participants (chat_id, user_id, state_version)
     SELECT i.c, p.u, 1 FROM unnest($2::uuid[], $3::uuid[]) AS i(c, u), unnest(ARRAY[$1, i.u]) AS p(u)`,
    [me, chats, others],
  );
});
afterAll(() => sql.close());

/** A core with all that sync needs. */
function coreOver(messages: MessageStore): Core {
  const chatStore = new PostgresChatStore(sql, nothingPublished);
  const parts: Partial<Core> = {
    chats: chatStore,
    messages,
    chatCache: new ChatCache(chatStore),
    users: new PostgresUserStore(sql, createPrisma(sql)),
    privacy: new PostgresPrivacyStore(sql),
    marks: new PostgresMarkStore(sql),
    contacts: new PostgresContactStore(sql),
    clock: { now: () => Date.now() },
  };
  return parts as Core;
}

async function check(messages: MessageStore, queries: () => number): Promise<void> {
  const core = coreOver(messages);
  const caller: Caller = { userId: me, sessionId: '', requestId: 'test' };
  for (let from = 0; from < chatCount; from += 200) {
    await messages.append(chats.slice(from, from + 200).map((chat) => message(chat, other)));
  }
  const moved = [1, 5, 9].map((n) => chats[n] as string);
  await messages.append(moved.map((chat) => message(chat, other)));
  const ask = async (count: number) => {
    const numbers = chats.slice(0, count).map((id) => [id, { version: 1, state_version: 1 }] as const);
    const before = queries();
    const page = await syncChanges(core, caller, { chats: Object.fromEntries(numbers) });
    expect(page.chats.map(({ chat_id }) => chat_id)).toEqual(moved);
    return queries() - before;
  };
  await ask(10);
  const few = await ask(10);
  expect(few).toBeLessThan(50);
  expect(await ask(250)).toBe(few);
  // On MongoDB a query looks at so many chats; nothing else grows.
  expect((await ask(chatCount)) - few).toBe(messages instanceof MongoMessageStore ? 3 : 0);
}

describe('a page of sync', () => {
  it('costs the same queries for a thousand chats as for ten', async () => {
    await check(new PostgresMessageStore(sql, nothingPublished), () => sql.count);
  });

  it('does so on MongoDB too', async (test) => {
    const { url, why } = await testMongoUrl();
    if (why) return test.skip(why);
    const connection = new MongoConnection({ url, poolSize: 5, timeoutMs: 20_000 });
    const messages = new MongoMessageStore(connection);
    await messages.ensureIndexes();
    const run = vi.spyOn(connection, 'run');
    await check(messages, () => sql.count + run.mock.calls.length);
    await connection.close();
  }, 60_000);

  it('is refused where there is no such user any more', async () => {
    const core = coreOver(new PostgresMessageStore(sql, nothingPublished));
    const nobody: Caller = { userId: randomUUID(), sessionId: '', requestId: 'test' };
    await expect(syncChanges(core, nobody, {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
