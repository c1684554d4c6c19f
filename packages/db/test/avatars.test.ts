/** Which photos of users and groups are in use, and what it costs to find out. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPrisma, PostgresChatStore, PostgresUserStore, Sql } from '../src/index.ts';
import { chatDatabase, doing, nothingPublished, told } from './support/chats.ts';

const db = chatDatabase();
const photo = () => `/avatars/${randomUUID()}`;
const foreign = 'https://cdn.example/a.png';
const userStore = (sql: Sql) => new PostgresUserStore(sql, createPrisma(sql));

/** One connection: its plans are made while the tables are empty, and what it counted can be read back at once. */
let one: Sql;
beforeAll(() => {
  one = new Sql({ url: db.url(), poolSize: 1, timeoutMs: 60_000 });
});
afterAll(() => one.close());

it('knows the photos that users have', async () => {
  const users = userStore(db.sql());
  const [ann = '', ben = '', cem = ''] = await db.users(3);
  const [shared, old, longest] = [photo(), photo(), `/avatars/${'文'.repeat(2039)}`];
  const wear = (id: string, avatar_url: string) => users.updateProfile(id, { avatar_url }, () => []);
  await wear(ann, shared);
  await wear(ben, shared);
  await wear(cem, longest);
  expect(await users.avatarsInUse([shared, old, longest, shared])).toEqual(new Set([shared, longest]));
  expect(await users.avatarsInUse([])).toEqual(new Set());
  await wear(ann, old);
  expect(await users.avatarsInUse([shared, old])).toEqual(new Set([shared, old]));
  await wear(ben, '');
  expect(await users.avatarsInUse([shared, old])).toEqual(new Set([old]));
  // Nobody asks about what is kept elsewhere.
  await wear(ben, foreign);
  expect(await users.avatarsInUse([foreign])).toEqual(new Set());
});

it('knows the photos of groups, those too that only former members are shown', async () => {
  const [admin = '', user = ''] = await db.users(2);
  const { chat_id } = await db.group([admin, user]);
  const [first, second, longest] = [photo(), photo(), `/avatars/${'文'.repeat(2039)}`];
  const change = (decision: Parameters<typeof doing>[0]) =>
    db.store().change(chat_id, 5, doing(decision), told);
  const dress = (avatar_url: string) => change({ settings: { avatar_url } });
  const used = async (...urls: string[]) => [...(await db.store().avatarsInUse(urls))].sort();
  await dress(first);
  expect(await used(first, second)).toEqual([first]);
  await change({ version: 7, members: [{ kind: 'leave', userId: user }] });
  await dress(longest);
  expect(await used(first, second, longest)).toEqual([first, longest].sort());
  await dress(second);
  expect(await used(first, second, longest)).toEqual([first, second].sort());
  await change({ members: [{ kind: 'join', userId: user, role: 'member' }] });
  expect(await used(first, second)).toEqual([second]);
  expect(await used()).toEqual([]);
  // A user's photo is no group's.
  const own = photo();
  await userStore(db.sql()).updateProfile(user, { avatar_url: own }, () => []);
  expect(await used(own)).toEqual([]);
});

it('looks each up by index, however many photos there are', { timeout: 60_000 }, async () => {
  const [users, chats] = [userStore(one), new PostgresChatStore(one, nothingPublished)];
  const ask = async (urls: string[]) => [
    (await users.avatarsInUse(urls)).size,
    (await chats.avatarsInUse(urls)).size,
  ];
  expect(await ask([photo()])).toEqual([0, 0]);
  const many = 20_000;
  const fill = [
    `INSERT INTO users (phone, avatar_url) SELECT '+49' || lpad(n::text, 9, '0'), '/avatars/' || n
     FROM generate_series(1, ${many}) n`,
    `INSERT INTO chats (id, type) SELECT gen_random_uuid(), 'group' FROM generate_series(1, ${many})`,
    `INSERT INTO groups (chat_id, name, avatar_url, created_by)
     SELECT c.id, 'x', '/avatars/' || row_number() OVER (), (SELECT id FROM users LIMIT 1)
     FROM chats c WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.chat_id = c.id)`,
    // All who left were shown the same one.
    `INSERT INTO chat_participants (chat_id, user_id, left_view)
     SELECT g.chat_id, g.created_by, '{"avatar_url": "/avatars/left"}' FROM groups g ON CONFLICT DO NOTHING`,
  ];
  for (const [n, statement] of fill.entries()) await db.sql().rows(`fill-${n}`, statement, []);
  const urls = ['/avatars/left', ...Array.from({ length: 50 }, (_, n) => `/avatars/${n * 300 + 1}`)];
  const read = async () => {
    await one.rows('flush', 'SELECT pg_stat_force_next_flush()', []);
    const [counted] = await one.rows<{ whole: number; rows: number }>(
      'read',
      `SELECT sum(seq_scan)::bigint AS whole, sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint AS rows
       FROM pg_stat_user_tables WHERE relname IN ('users', 'groups', 'chat_participants')`,
      [],
    );
    return counted ?? { whole: 0, rows: 0 };
  };
  for (const analyzed of [false, true]) {
    if (analyzed) await db.sql().rows('analyze', 'ANALYZE', []);
    const before = await read();
    expect(await ask(urls)).toEqual([50, 51]);
    const after = await read();
    expect(after.whole).toBe(before.whole);
    expect(after.rows - before.rows).toBeGreaterThan(100);
    expect(after.rows - before.rows).toBeLessThan(200);
  }
});
