import { randomUUID } from 'node:crypto';
import { type EventContext, type NewMessage, searchTokens } from '@parley/core';
import { migrate, PostgresChatStore, Sql } from '@parley/db';
import { startEmbeddedPostgres } from '@parley/platform/embedded-postgres';

import { Forgotten, openFilledStore, storeAll } from './fill-store.ts';
import { idAt } from './ids.ts';
import { people, phoneOf, planChats, planMessages } from './plan.ts';
import { seededRandom } from './texts.ts';

export interface FillJob {
  /** Where the server that is to be measured will keep its PostgreSQL. */
  postgresDir: string;
  messages: number;
  users: number;
  /** Where messages go if not to PostgreSQL. */
  mongoUrl: string | null;
}

/** What the measured requests must know. */
export interface Landmarks {
  /** Chats by their number in the plan. */
  chatIds: string[];
  /** A message of the big chat with fewer than a page before it. */
  oldId: string;
  /** Messages in the big chat that the reader has not read. */
  unread: number;
  messages: number;
  users: number;
  /** Seconds that storing the messages took. */
  seconds: number;
}

/** The messages are of the last year, in equal steps. */
const yearMs = 365 * 24 * 3600 * 1000;
/** The place of `oldId` in the big chat. */
const oldSeq = 30;
const statementMs = 600_000;
const context: EventContext = { eventId: randomUUID(), requestId: 'bench', trace: null, origin: null };

/**
 * Fills a data directory through the stores that a server uses, so that all there is of a message is there: numbers, search
 * tokens, counts. Only users come by one statement. What is committed is not made durable while it fills, but is when it ends.
 */
export async function fill(job: FillJob): Promise<Landmarks> {
  const postgres = await startEmbeddedPostgres({
    dataDir: job.postgresDir,
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_wal_size: '8GB' },
  });
  try {
    await migrate(postgres.url);
    const sql = new Sql({ url: postgres.url, poolSize: 8, timeoutMs: statementMs });
    try {
      return await fillAll(sql, job);
    } finally {
      await sql.close();
    }
  } finally {
    await postgres.stop();
  }
}

async function fillAll(sql: Sql, job: FillJob): Promise<Landmarks> {
  const forgotten = new Forgotten();
  const from = Date.now() - yearMs;
  const userIds = await makeUsers(sql, job.users, from);
  const chatIds = await makeChats(sql, userIds, forgotten, from);
  const store = openFilledStore(sql, forgotten, job.mongoUrl);
  const startedAt = performance.now();
  const noted = { oldId: '', unread: 0 };
  try {
    const made = makeMessages(job.messages, { userIds, chatIds, from }, noted);
    await storeAll(store.messages, made, chatIds[0] ?? '', (id) => forgotten.add(id));
    await store.finish();
  } finally {
    await store.close();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  // What autovacuum would do in the midst of a measurement.
  await sql.rows('vacuum', 'VACUUM (ANALYZE)', []);
  return { chatIds, ...noted, messages: job.messages, users: job.users, seconds };
}

/** Users by number. */
async function makeUsers(sql: Sql, count: number, from: number): Promise<string[]> {
  const phones = Array.from({ length: count }, (_, n) => phoneOf(n));
  const rows = await sql.rows<{ id: string; phone: string }>(
    'users',
    `INSERT INTO users (phone, display_name, created_at)
     SELECT p, 'User ' || n, $2::timestamptz FROM unnest($1::text[]) WITH ORDINALITY AS u(p, n) RETURNING id, phone`,
    [phones, new Date(from)],
  );
  const ids = new Map(rows.map(({ id, phone }) => [phone, id]));
  return phones.map((phone) => ids.get(phone) ?? '');
}

async function makeChats(
  sql: Sql,
  userIds: readonly string[],
  forgotten: Forgotten,
  from: number,
): Promise<string[]> {
  const store = new PostgresChatStore(sql, forgotten);
  const ids: string[] = [];
  for (const { index, writers } of planChats()) {
    const [creator = '', ...others] = writers.map((n) => userIds[n] ?? '');
    const chatId = randomUUID();
    if (index === 0) {
      const group = { chatId, creator, others, name: 'The big chat', description: '' };
      const made = await store.createGroup(group, () => []);
      for (const id of made?.outboxIds ?? []) forgotten.add(id);
    } else {
      const made = await store.openDirect({ chatId, creator, other: others[0] ?? '', context });
      if (made.created) forgotten.add(made.outboxId);
    }
    ids.push(chatId);
  }
  // Chats are older than what is in them.
  await sql.rows('age-chats', 'UPDATE chats SET created_at = $1, updated_at = $1', [new Date(from)]);
  await sql.rows('age-members', 'UPDATE chat_participants SET joined_at = $1', [new Date(from)]);
  return ids;
}

function* makeMessages(
  count: number,
  { userIds, chatIds, from }: { userIds: readonly string[]; chatIds: readonly string[]; from: number },
  noted: { oldId: string; unread: number },
): Generator<NewMessage> {
  const random = seededRandom(3);
  const step = (yearMs - 3_600_000) / count;
  let index = 0;
  let inBigChat = 0;
  for (const { chat, sender, body } of planMessages(count)) {
    const at = from + index * step;
    const payload = { body };
    const message_id = idAt(at, index, random);
    index += 1;
    if (chat === 0) {
      inBigChat += 1;
      if (inBigChat === oldSeq) noted.oldId = message_id;
      if (sender !== people.reader) noted.unread += 1;
    }
    yield {
      message_id,
      chat_id: chatIds[chat] ?? '',
      sender_id: userIds[sender] ?? '',
      client_msg_id: randomUUID(),
      type: 'text',
      payload,
      reply_to_message_id: null,
      forwarded_from: null,
      fingerprint: message_id.replaceAll('-', ''),
      created_at: new Date(at).toISOString(),
      expires_at: null,
      tokens: searchTokens('text', payload),
      context,
    };
  }
}
