/** A database with messages of the version before: what they lack is made up for, and its programs may still store. */
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../../tests/support/postgres.ts';
import { migrate, PostgresMessageStore, Sql } from '../src/index.ts';
import { later } from './message-contract/kit.ts';

const repository = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
const upgrade = '20261121000500_messages';

/** The migrations before the one that is tested. */
async function earlierMigrations(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'parley-upgrade-'));
  for (const entry of await readdir(repository, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name >= upgrade) continue;
    await cp(join(repository, entry.name), join(directory, entry.name), { recursive: true });
  }
  return directory;
}

interface Sent {
  id: string;
  chat: string;
  sender: string;
  type: string;
  at: string;
}

/** Stores as programs of the version before do. */
async function storeAsBefore(sql: Sql, batch: Sent[]): Promise<number[]> {
  const rows = await sql.rows<{ new_seq: number }>(
    'append-as-before',
    'SELECT ord, new_seq, new_version, outbox_id FROM parley_append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11) ORDER BY ord',
    [
      batch.map((m) => m.id),
      batch.map((m) => m.chat),
      batch.map((m) => m.sender),
      batch.map(() => randomUUID()),
      batch.map((m) => m.type),
      batch.map(() => '{"body":"x"}'),
      batch.map(() => null),
      batch.map(() => 'f'),
      batch.map((m) => m.at),
      batch.map(() => '{}'),
      [],
    ],
  );
  return rows.map((row) => row.new_seq);
}

const wrongTallies = `
  SELECT m.* FROM messages m
  WHERE tally <> (SELECT count(*) FROM messages x WHERE x.chat_id = m.chat_id AND x.seq <= m.seq AND x.type <> 'system')`;
const wrongSenders = `
  SELECT t.* FROM message_sender_tallies t
  WHERE tally <> (SELECT count(*) FROM messages x WHERE x.chat_id = t.chat_id AND x.sender_id = t.sender_id
                  AND x.seq <= t.block * 16 + 16 AND x.type <> 'system')`;
const wrongHeads = `
  SELECT h.* FROM message_heads h JOIN messages m ON m.chat_id = h.chat_id AND m.seq = h.last_seq
  WHERE h.last_tally <> m.tally OR h.last_at IS DISTINCT FROM m.created_at`;

test('messages of before are counted, and programs of before go on storing', async () => {
  const directory = await earlierMigrations();
  await using database = await createTestDatabase({ empty: true });
  await migrate(database.url, { directory });
  await rm(directory, { recursive: true });
  const sql = new Sql({ url: database.url, poolSize: 2, timeoutMs: 20_000 });
  const [chats, users] = [
    [randomUUID(), randomUUID()],
    [randomUUID(), randomUUID()],
  ];
  const some = (count: number, from: number): Sent[] =>
    Array.from({ length: count }, (_, n) => ({
      id: randomUUID(),
      chat: chats[n % 3 === 0 ? 1 : 0] as string,
      sender: users[n % 5 < 2 ? 0 : 1] as string,
      type: n % 7 === 0 ? 'system' : 'text',
      at: later((from + n) * 1000),
    }));
  const before = some(100, 0);
  await storeAsBefore(sql, before);
  await sql.rows('delete', 'UPDATE messages SET is_deleted = true WHERE message_id = $1', [before[4]?.id]);

  expect((await migrate(database.url)).applied).toContain(upgrade);
  expect(await sql.rows('wrong-tallies', wrongTallies, [])).toEqual([]);
  expect(await sql.rows('wrong-heads', wrongHeads, [])).toEqual([]);
  expect(await sql.rows('wrong-senders', wrongSenders, [])).toEqual([]);
  // 66 and 34 messages, both senders in every block.
  expect(await sql.rows('tallies', 'SELECT FROM message_sender_tallies', [])).toHaveLength((4 + 2) * 2);
  expect(await sql.rows('blocks', 'SELECT FROM message_blocks', [])).toHaveLength(4 + 2);

  const during = some(50, 100);
  expect(await storeAsBefore(sql, during)).toHaveLength(50);
  expect(await sql.rows('wrong-tallies', wrongTallies, [])).toEqual([]);
  expect(await sql.rows('wrong-heads', wrongHeads, [])).toEqual([]);

  const store = new PostgresMessageStore(sql, { takePublished: () => [], returnPublished: () => undefined });
  const all = [...before, ...during].filter(({ chat }) => chat === chats[0]);
  const asks = [0, 20, 70].map((after) => ({
    chatId: chats[0] as string,
    userId: users[0] as string,
    after,
    upTo: null,
    except: [],
  }));
  const counted = (after: number) =>
    all.filter((m, n) => n >= after && m.sender === users[1] && m.type !== 'system' && m.id !== before[4]?.id)
      .length;
  expect(await store.unread(asks, later(0))).toEqual([0, 20, 70].map(counted));
  const activity = await store.activity(chats);
  expect(activity.get(chats[0] as string)).toBe(all.at(-1)?.at);
  await sql.close();
});
