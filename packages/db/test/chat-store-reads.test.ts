/** What the chat store reads: only what is asked for, however much there is beside it. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { PostgresChatStore } from '../src/chat-store.ts';
import { Sql } from '../src/sql.ts';
import { chatDatabase, context, doing, nothingPublished, told } from './support/chats.ts';

const db = chatDatabase();
const chatCount = 3_000;
const marks = 20;
let groups: string[] = [];
let directs: string[] = [];
let members: string[] = [];
let me = '';

/** Everything that a store does with these chats. */
const calls = (store: PostgresChatStore) => ({
  find: () => store.find([groups[0] ?? '', ...directs.slice(0, 9)]),
  memberships: () => store.memberships(me),
  'listings of groups': () => store.listings(me, groups),
  'listings of direct chats': () => store.listings(me, directs.slice(0, 20)),
  directOf: () => store.directOf(me, members[1] ?? ''),
  receipts: () => store.receipts(groups[0] ?? '', marks / 2, members),
  setOwn: () => store.setOwn(me, groups[0] ?? '', { is_pinned: true }, () => []),
  setWindows: () => store.setWindows(groups[0] ?? '', 1, [me], [me]),
  advance: () =>
    store.advance([
      { chatId: groups[0] ?? '', userId: me, delivered: marks + 1, read: 0, context: context() },
    ]),
  rename: () => store.change(directs[0] ?? '', 0, doing({ settings: { auto_delete_seconds: 86_400 } }), told),
  standings: () =>
    store.standings(
      me,
      directs
        .slice(0, 1_000)
        .map((chatId, n) => ({ chatId, version: 0, stateVersion: n % 300 === 0 ? 9 : 0 })),
    ),
  'memberships for sync': () => store.syncMemberships(me, [...groups, ...directs.slice(0, 20)]),
  'participants for sync': () =>
    store.participantsSince(
      [...groups, ...directs].map((chatId) => ({ chatId, stateVersion: -1, joinedSeq: 0, joinedVersion: 0 })),
      512,
    ),
  'changes of a user': () => store.userChanges(me, 0, 10),
  createGroup: () =>
    store.createGroup(
      { chatId: randomUUID(), creator: me, others: members.slice(1, 3), name: 'New', description: '' },
      told,
    ),
});
type Name = keyof ReturnType<typeof calls>;

/** Rows and index entries that a call may read; about twice what it does. */
const bounds: Record<Name, number> = {
  find: 700,
  memberships: 2 * chatCount,
  'listings of groups': 30,
  'listings of direct chats': 160,
  directOf: 2,
  receipts: 1_024,
  setOwn: 10,
  setWindows: 10,
  advance: 10,
  rename: 50,
  standings: 2 * 2 * 1_000,
  'memberships for sync': 160,
  // Of the chats up to the limit alone.
  'participants for sync': 4 * 512,
  'changes of a user': 40,
  createGroup: 50,
};

/** One connection: its plans are those that a long-lived instance has, and what it read can be asked at once. */
let one: Sql;
const reads = async () => {
  await one.rows('flush', 'SELECT pg_stat_force_next_flush()', []);
  const [row] = await one.rows<{ scans: number; read: number }>(
    'reads',
    `SELECT (SELECT sum(seq_scan) FROM pg_stat_user_tables)::bigint AS scans,
            (SELECT sum(seq_tup_read) FROM pg_stat_user_tables)::bigint
              + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)::bigint AS read`,
    [],
  );
  return row ?? { scans: 0, read: 0 };
};

beforeAll(async () => {
  one = new Sql({ url: db.url(), poolSize: 1, timeoutMs: 20_000 });
  const store = new PostgresChatStore(one, nothingPublished);
  // Planned while there is next to nothing, as on a new installation.
  members = await db.users(2);
  me = members[0] ?? '';
  groups = [(await db.group(members)).chat_id];
  directs = [(await db.direct(me, members[1] ?? '')).chat_id];
  for (const call of Object.values(calls(store))) await call();

  const others = await db.users(chatCount);
  members = [me, ...others.slice(0, 255)];
  groups = [];
  for (let n = 0; n < 5; n++) groups.push((await db.group(members)).chat_id);
  const run = (name: string, text: string, values: unknown[]) =>
    db.sql().rows<{ id: string }>(`fill-${name}`, text, values);
  const made = await run(
    'chats',
    `INSERT INTO chats (id, type, direct_key)
     SELECT gen_random_uuid(), 'direct', LEAST($1, u) || ':' || GREATEST($1, u) FROM unnest($2::uuid[]) AS u RETURNING id`,
    [me, others],
  );
  directs = made.map((row) => row.id);
  await run(
    'participants',
    `INSERT INTO chat_participants (chat_id, user_id)
     SELECT i.c, p.u FROM unnest($2::uuid[], $3::uuid[]) AS i(c, u), unnest(ARRAY[$1, i.u]) AS p(u)`,
    [me, directs, others],
  );
  await run('contacts', 'INSERT INTO contacts (user_id, contact_id) SELECT unnest($2::uuid[]), $1', [
    me,
    others,
  ]);
  await run(
    'marks',
    `INSERT INTO position_marks (chat_id, user_id, kind, seq, reached_at)
     SELECT $1, u, k, s, now() FROM unnest($2::uuid[]) u, unnest(ARRAY['delivered', 'read']) k, generate_series(1, $3::bigint) s`,
    [groups[0], members, marks],
  );
  return () => one.close();
}, 120_000);

describe.each(['as planned on a new installation', 'as planned now'])('%s', (state) => {
  beforeAll(async () => {
    if (state !== 'as planned now') return;
    await db.sql().rows('analyze', 'ANALYZE', []);
  });

  it.each(Object.entries(bounds) as [Name, number][])(
    '%s reads no more than it is asked for',
    async (name, bound) => {
      const before = await reads();
      await calls(new PostgresChatStore(one, nothingPublished))[name]();
      const after = await reads();
      expect(after.scans).toBe(before.scans);
      expect(after.read - before.read).toBeGreaterThan(0);
      expect(after.read - before.read).toBeLessThanOrEqual(bound);
    },
  );
});
