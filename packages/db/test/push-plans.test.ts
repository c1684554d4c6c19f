/**
 * What is asked for every push among thousands of rows: look-ups by index, whatever the planner knew when it made its plans; and
 * nothing of it goes with a crash.
 */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { PostgresDeviceTokenStore } from '../src/device-token-store.ts';
import { createPrisma, PostgresChatStore, PostgresSessionStore, Sql } from '../src/index.ts';
import { PostgresPushLedger } from '../src/push-ledger.ts';
import { nothingPublished } from './support/chats.ts';
import { openPeople, type People } from './support/people.ts';

const many = 6_000;
const tables = [
  'push_windows',
  'push_taken_windows',
  'push_claims',
  'push_shown',
  'push_notes',
  'device_tokens',
  'refresh_tokens',
  'chat_participants',
];
const now = Date.now();
const dayMs = 86_400_000;

/** Nothing of it is due or old. Everybody has a device, one session lives for long, and one chat has everybody in it. */
async function fill(people: People, chatId: string, session: string, userId: string): Promise<void> {
  const series = `generate_series(1, ${many}) n`;
  const statements = [
    `INSERT INTO users (phone) SELECT '+49' || lpad(n::text, 9, '0') FROM ${series}`,
    `INSERT INTO push_windows (chat_id, user_id, is_open, due_at, message_count, seqs, message_ids)
     SELECT gen_random_uuid(), gen_random_uuid(), n % 2 = 0, now() + interval '2 hours', 1, '{1}', ARRAY[gen_random_uuid()]
     FROM ${series}`,
    `INSERT INTO push_taken_windows (lease, chat_id, user_id, due_at, taken_at, message_count, seqs, message_ids)
     SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now() + interval '2 hours', now(), 1, '{1}',
            ARRAY[gen_random_uuid()] FROM ${series}`,
    `INSERT INTO push_claims SELECT gen_random_uuid(), gen_random_uuid(), now() FROM ${series}`,
    `INSERT INTO push_shown SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now() FROM ${series}`,
    `INSERT INTO push_notes SELECT gen_random_uuid(), gen_random_uuid(), 'sent', NULL, now() FROM ${series}`,
    `INSERT INTO device_tokens (user_id, token, session_id) SELECT id, gen_random_uuid(), gen_random_uuid() FROM users`,
    `INSERT INTO refresh_tokens (user_id, token_hash, expires_at, session_id)
     SELECT id, gen_random_uuid(), now() + interval '1 day', gen_random_uuid() FROM users`,
    `INSERT INTO refresh_tokens (user_id, token_hash, expires_at, session_id, rotated_at)
     SELECT '${userId}', gen_random_uuid(), now() + interval '1 day' - n * interval '15 minutes', '${session}', now()
     FROM ${series}`,
    `INSERT INTO chat_participants (chat_id, user_id, is_muted) SELECT '${chatId}', id, true FROM users`,
  ];
  for (const [n, statement] of statements.entries()) await people.sql.rows(`fill-${n}`, statement, []);
}

it('windows, claims, notes, devices, mutes and sessions read a few rows each', {
  timeout: 120_000,
}, async () => {
  const people = await openPeople();
  // One connection: its plans are made while the tables are empty, and what it counted can be read back at once.
  const one = new Sql({ url: people.url, poolSize: 1, timeoutMs: 60_000 });
  const prisma = createPrisma(one);
  const [ledger, devices] = [new PostgresPushLedger(one), new PostgresDeviceTokenStore(one)];
  const [sessions, chats] = [new PostgresSessionStore(prisma), new PostgresChatStore(one, nothingPublished)];
  const chatId = randomUUID();
  await people.sql.rows('chat', "INSERT INTO chats (id, type) VALUES ($1, 'group')", [chatId]);
  const members = await Promise.all(Array.from({ length: 50 }, () => people.person()));
  const users = members.map(({ id }) => id);

  const everything = async () => {
    const [messageId, session, group] = [randomUUID(), randomUUID(), randomUUID()];
    const user = users[0] ?? '';
    const pairs = users.map((deviceId) => ({ messageId, deviceId }));
    for (const seq of [1, 2, 2]) await ledger.gather({ chatId: group, messageId, seq }, users, 0, now);
    const taken = await ledger.take(now, 100, 0);
    const again = await ledger.take(now, 100, 30_000);
    await ledger.nextDue();
    await ledger.close(again);
    await ledger.claim(pairs, now);
    await ledger.giveBack(pairs);
    await ledger.shown(user, chatId, users, now);
    await ledger.takeShown(user, chatId);
    const notes = users.map((userId) => ({ messageId, userId, reason: 'sent' as const, detail: null }));
    await ledger.note(notes, now);
    await Promise.all(users.map((userId) => ledger.why(messageId, userId)));
    await ledger.sweep(now);
    for (const token of [messageId, randomUUID()]) {
      await devices.register({ userId: user, sessionId: session, token, platform: 'ios' });
    }
    const found = await devices.of(users);
    await devices.expire(new Date(now - dayMs), 100);
    await devices.remove(user, session);
    await sessions.forget(new Date(now - dayMs), 100);
    const muted = await chats.mutedBy(chatId, users, new Date(now).toISOString());
    return { taken: taken.length, again: again.length, found: found.size, muted: muted.size };
  };
  const read = async () => {
    await one.rows('flush', 'SELECT pg_stat_force_next_flush()', []);
    const [counted] = await one.rows<{ whole: number; rows: number }>(
      'read',
      `SELECT sum(seq_scan)::bigint AS whole, sum(seq_tup_read + idx_tup_fetch)::bigint AS rows
       FROM pg_stat_user_tables WHERE relname = ANY($1)`,
      [tables],
    );
    return counted ?? { whole: 0, rows: 0 };
  };
  const compare = async (expected: Awaited<ReturnType<typeof everything>>) => {
    const before = await read();
    expect(await everything()).toEqual(expected);
    const after = await read();
    expect(after.whole).toBe(before.whole);
    expect(after.rows - before.rows).toBeLessThan(4_000);
  };

  await compare({ taken: 50, again: 50, found: 1, muted: 0 });
  await fill(people, chatId, randomUUID(), users[0] ?? '');
  await compare({ taken: 50, again: 50, found: 50, muted: 50 });
  // Nor do plans change for the worse when the planner learns how things are.
  await people.sql.rows('analyze', 'ANALYZE', []);
  await compare({ taken: 50, again: 50, found: 50, muted: 50 });

  const unlogged = await one.rows(
    'unlogged',
    "SELECT relname FROM pg_class WHERE relname LIKE 'push%' AND relpersistence <> 'p'",
    [],
  );
  expect(unlogged).toEqual([]);
  await prisma.$disconnect();
  await one.close();
  await people.close();
});
