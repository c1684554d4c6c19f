/** Users' own things among thirty thousand users: every look-up goes by an index, whatever the planner knew when it made its plan. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { PostgresContactStore, PostgresMarkStore, PostgresPrivacyStore, Sql } from '../src/index.ts';
import { openPeople, type People } from './support/people.ts';

const many = 30_000;
const tables = ['users', 'contacts', 'privacy_settings', 'message_marks'];
const tell = () => [];
const numbers = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => `+49${String(((from + n * 97) % many) + 1).padStart(9, '0')}`);

/** Everybody has a contact, settings and a few marks. */
async function fill(people: People): Promise<void> {
  const statements = [
    `INSERT INTO users (phone) SELECT '+49' || lpad(n::text, 9, '0') FROM generate_series(1, ${many}) n`,
    `INSERT INTO privacy_settings (user_id, profile_photo) SELECT id, 'contacts' FROM users ON CONFLICT DO NOTHING`,
    `INSERT INTO contacts (user_id, contact_id)
     SELECT u.id, lead(u.id, 1, u.id) OVER (ORDER BY u.phone) FROM users u ON CONFLICT DO NOTHING`,
    `INSERT INTO message_marks (user_id, message_id, chat_id, seq, starred_at, hidden)
     SELECT u.id, gen_random_uuid(), gen_random_uuid(), n, now(), n = 1 FROM users u, generate_series(1, 2) n`,
  ];
  for (const [n, statement] of statements.entries()) await people.sql.rows(`fill-${n}`, statement, []);
}

it('a sync of a thousand numbers, a list, a block, settings and marks read a few rows each', {
  timeout: 120_000,
}, async () => {
  const people = await openPeople();
  // One connection: its plans are made while the tables are empty, and what it counted can be read back at once.
  const one = new Sql({ url: people.url, poolSize: 1, timeoutMs: 60_000 });
  const [contacts, marks, privacy] = [
    new PostgresContactStore(one),
    new PostgresMarkStore(one),
    new PostgresPrivacyStore(one),
  ];
  const [me, other, third] = [await people.person(), await people.person(), await people.person()];
  const everything = async (userId: string, phones: string[]) => {
    const { found } = await contacts.sync(userId, phones, tell);
    await contacts.sync(userId, phones, tell);
    const listed = await contacts.list(userId);
    for (const blocked of [true, false]) await contacts.setBlocked(userId, other.id, blocked, tell);
    await privacy.update(userId, { about: 'nobody' }, tell);
    await privacy.find(userId);
    const message = { message_id: randomUUID(), chat_id: randomUUID(), seq: 1 };
    for (const starred of [true, false, true]) await marks.star(userId, message, starred, tell);
    await marks.hide(userId, message, tell);
    await marks.of(userId, [message.message_id, randomUUID()]);
    await marks.hiddenIn(userId, [{ chatId: message.chat_id, after: 0, upTo: null }]);
    await marks.starred(userId, null, 50);
    return { found: found.length, listed: listed.length };
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

  await everything(me.id, [other.phone]);
  await fill(people);
  let before = await read();
  expect(await everything(other.id, numbers(0, 1_000))).toEqual({ found: 1_000, listed: 1_001 });
  let after = await read();
  expect(after.whole).toBe(before.whole);
  // Two syncs and a list look at four rows per number at most; foreign keys are checked once per new contact.
  expect(after.rows - before.rows).toBeLessThan(20_000);

  // Nor do plans change for the worse when the planner learns how things are.
  await people.sql.rows('analyze', 'ANALYZE', []);
  before = await read();
  expect((await everything(third.id, numbers(13, 1_000))).found).toBe(1_000);
  after = await read();
  expect(after.whole).toBe(before.whole);
  expect(after.rows - before.rows).toBeLessThan(20_000);

  // The counters do count.
  await one.rows('on', 'SET enable_seqscan = on', []);
  await one.rows('whole', "SELECT count(*) FROM users WHERE status_text = 'x'", []);
  expect((await read()).whole).toBeGreaterThan(after.whole);
  await one.close();
  await people.close();
});
