/** The stores on a real PostgreSQL: what their ports promise, and what they cost. */
import { randomUUID } from 'node:crypto';
import type { EventContext, NewMessage } from '@parley/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import {
  createPrisma,
  PostgresChatStore,
  PostgresDeadLetterStore,
  PostgresMessageStore,
  PostgresOutboxStore,
  PostgresPrivacyStore,
  PostgresSessionStore,
  PostgresUserStore,
  type PublishedIds,
  Sql,
} from '../src/index.ts';

let database: TestDatabase;
let sql: Sql;
let prisma: ReturnType<typeof createPrisma>;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Sql({ url: database.url, poolSize: 10, timeoutMs: 10_000 });
  prisma = createPrisma(sql);
});
afterAll(async () => {
  await prisma.$disconnect();
  await sql.close();
  await database.drop();
});

const context = (): EventContext => ({ eventId: randomUUID(), requestId: 'r', trace: null, origin: null });
const nothingPublished: PublishedIds = { takePublished: () => [], returnPublished: () => undefined };
const message = (chat: string, sender: string, more: Partial<NewMessage> = {}): NewMessage => ({
  message_id: randomUUID(),
  chat_id: chat,
  sender_id: sender,
  client_msg_id: randomUUID(),
  type: 'text',
  payload: { body: 'hello "you" \\ {1,2} 👋' },
  reply_to_message_id: null,
  forwarded_from: null,
  fingerprint: 'f',
  created_at: '2026-03-01T09:12:44.310Z',
  expires_at: null,
  tokens: ['hello', 'you'],
  context: context(),
  ...more,
});
let phone = 0;
const newUser = async () =>
  (await new PostgresUserStore(sql, prisma).upsertByPhone(`+1555${String(++phone).padStart(7, '0')}`)).user;

describe('messages', () => {
  it('keeps the outbox row in the same commit, and forgets published ones with the next', async () => {
    const published: string[] = [];
    const store = new PostgresMessageStore(sql, {
      takePublished: () => published.splice(0),
      returnPublished: (ids) => void published.push(...ids),
    });
    const outbox = new PostgresOutboxStore(sql);
    const [chat, me] = [randomUUID(), randomUUID()];
    const batch = [message(chat, me), message(chat, me)];
    const [result] = await store.append(batch);
    const outboxId = result?.outcome === 'stored' ? result.outboxId : '';
    const claim = { olderThanSeconds: 0, limit: 1000, claimSeconds: 30 };
    const rows = await outbox.pending(claim);
    const row = rows.find((candidate) => candidate.id === outboxId);
    expect(row).toMatchObject({
      subject: 'msg.new',
      payload: { messages: batch.map((m) => ({ id: m.message_id, context: m.context })) },
    });
    // Claimed rows are left to whoever claimed them.
    expect((await outbox.pending(claim)).some((candidate) => candidate.id === outboxId)).toBe(false);
    published.push(outboxId);
    await store.append([message(chat, me)]);
    const left = await sql.rows<{ id: number }>('left', 'SELECT id FROM outbox WHERE id = $1', [outboxId]);
    expect(left).toEqual([]);
    // A batch that fails gives the ids back.
    published.push('1');
    await expect(store.append([message('no-uuid', me)])).rejects.toThrow();
    expect(published).toEqual(['1']);
  });
});

describe('positions', () => {
  it('move forward only, and count one state_version per move', async () => {
    const store = new PostgresChatStore(sql, nothingPublished);
    const [a, b] = [(await newUser()).id, (await newUser()).id];
    const { chat } = await store.openDirect({
      chatId: randomUUID(),
      creator: a,
      other: b,
      context: context(),
    });
    const move = (userId: string, delivered: number, read: number) => ({
      chatId: chat.chat_id,
      userId,
      delivered,
      read,
      context: context(),
    });
    const [first, second] = await store.advance([move(a, 3, 0), move(b, 2, 2)]);
    expect(first?.moved).toMatchObject({ delivered: { from: 0, to: 3 }, read: null, stateVersion: 2 });
    expect(second?.moved).toMatchObject({
      delivered: { from: 0, to: 2 },
      read: { from: 0, to: 2 },
      stateVersion: 3,
    });
    const [back, stranger] = await store.advance([move(a, 1, 0), move(randomUUID(), 9, 9)]);
    expect(back).toEqual({ delivered: 3, read: 0, moved: null });
    expect(stranger).toEqual({ delivered: 0, read: 0, moved: null });
    const [read] = await store.advance([move(a, 0, 5)]);
    expect(read).toMatchObject({
      delivered: 5,
      read: 5,
      moved: { delivered: { from: 3, to: 5 }, stateVersion: 4 },
    });
    const marks = await sql.rows(
      'marks',
      'SELECT kind, seq FROM position_marks WHERE user_id = $1 ORDER BY kind, seq',
      [a],
    );
    expect(marks).toEqual([
      { kind: 'delivered', seq: 3 },
      { kind: 'delivered', seq: 5 },
      { kind: 'read', seq: 5 },
    ]);
  });
});

describe('direct chats', () => {
  it('can be opened by forty people with one at the same time', async () => {
    const store = new PostgresChatStore(sql, nothingPublished);
    const star = await newUser();
    const fans = await Promise.all(Array.from({ length: 40 }, newUser));
    const opened = await Promise.all(
      fans.map((fan) =>
        store.openDirect({ chatId: randomUUID(), creator: fan.id, other: star.id, context: context() }),
      ),
    );
    expect(opened.every((result) => result.created)).toBe(true);
    const versions = await sql.rows<{ version: number }>(
      'star',
      'SELECT version FROM user_changes WHERE user_id = $1 ORDER BY version',
      [star.id],
    );
    expect(versions.map((row) => row.version)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  });
});

// Only where the server's processes are ours to freeze.
describe.runIf(!process.env.TEST_DATABASE_URL)('a server that hangs inside a transaction', () => {
  it('never gets its connection back into use: what is stored next is really stored', async () => {
    const small = new Sql({ url: database.url, poolSize: 1, timeoutMs: 500 });
    const client = createPrisma(small);
    const users = new PostgresUserStore(small, client);
    const messages = new PostgresMessageStore(small, nothingPublished);
    const user = await newUser();
    const [backend] = await small.rows<{ pid: number }>('pid', 'SELECT pg_backend_pid() AS pid', []);
    const pid = backend?.pid ?? 0;
    // Frozen between the transaction's statements: the driver gives up waiting, and the rollback is never sent.
    const frozen = client.$transaction(async (tx) => {
      await tx.user.update({ where: { id: user.id }, data: { display_name: 'never' } });
      process.kill(pid, 'SIGSTOP');
      await tx.user.update({ where: { id: user.id }, data: { display_name: 'never either' } });
    });
    await expect(frozen).rejects.toThrow();
    process.kill(pid, 'SIGCONT');
    for (let n = 0; n < 3; n++) {
      const sent = message(randomUUID(), user.id);
      await messages.append([sent]);
      const seen = await sql.rows('seen', 'SELECT 1 FROM messages WHERE message_id = $1', [sent.message_id]);
      expect(seen).toHaveLength(1);
    }
    expect((await users.find(user.id))?.display_name).toBe('');
    await client.$disconnect();
    await small.close();
  });
});

describe('sessions', () => {
  const session = async () => {
    const store = new PostgresSessionStore(prisma);
    const user = await newUser();
    const tokenHash = randomUUID();
    const created = {
      sessionId: randomUUID(),
      userId: user.id,
      tokenHash,
      expiresAt: new Date(Date.now() + 60_000),
      deviceName: 'Pixel',
      devicePlatform: 'android',
    };
    await store.create(created);
    const rotate = (hash: string, at = Date.now(), newHash = randomUUID()) =>
      store.rotate({
        tokenHash: hash,
        newHash,
        newExpiresAt: new Date(at + 60_000),
        now: new Date(at),
        graceSeconds: 10,
      });
    return { store, user, created, rotate };
  };

  it('names the sessions with live access tokens also when they were revoked before', async () => {
    const { store, user, created } = await session();
    await session();
    for (let call = 0; call < 2; call++) {
      expect(await store.revoke(user.id, 'all')).toEqual([created.sessionId]);
    }
    expect(await store.revoke(user.id, [randomUUID()])).toEqual([]);
  });

  it('are listed while they can be renewed, the last renewed first', async () => {
    const { store, user, created, rotate } = await session();
    const now = new Date();
    const of = async (at = now) => (await store.list(user.id, at)).map(({ session_id }) => session_id);
    const laptop = { ...created, sessionId: randomUUID(), tokenHash: randomUUID(), deviceName: null };
    await store.create({ ...laptop, devicePlatform: null });
    expect(await of()).toEqual([laptop.sessionId, created.sessionId]);
    const [, before] = await store.list(user.id, now);
    expect(before).toMatchObject({ device_name: 'Pixel', device_platform: 'android' });
    expect(before?.created_at).toBe(before?.renewed_at);
    await rotate(created.tokenHash);
    const [renewed, other] = await store.list(user.id, now);
    expect(renewed).toMatchObject({ session_id: created.sessionId, created_at: before?.created_at });
    expect((renewed?.renewed_at ?? '') > (before?.renewed_at ?? '')).toBe(true);
    expect(other).toMatchObject({ device_name: null, device_platform: null });
    // The renewed one lives longer than the other.
    expect(await of(new Date(created.expiresAt.getTime() + 1))).toEqual([created.sessionId]);
    expect(await of(new Date(Date.now() + 120_000))).toEqual([]);
    await store.revoke(user.id, [created.sessionId]);
    expect(await of()).toEqual([laptop.sessionId]);
    expect(await store.list(randomUUID(), now)).toEqual([]);
    const known = [created.sessionId, laptop.sessionId, randomUUID()];
    expect(await Promise.all(known.map((id) => store.isOf(user.id, id)))).toEqual([true, true, false]);
    expect(await store.isOf(randomUUID(), created.sessionId)).toBe(false);
  });

  it('end for good when a refresh and a sign-out meet', async () => {
    for (let round = 0; round < 10; round++) {
      const { store, user, created, rotate } = await session();
      const next = randomUUID();
      await Promise.all([
        rotate(created.tokenHash, Date.now(), next),
        store.revoke(user.id, [created.sessionId]),
      ]);
      expect(['revoked', 'unknown']).toContain((await rotate(next)).outcome);
      expect((await rotate(created.tokenHash)).outcome).toBe('revoked');
    }
  });

  it('expire, and tell theft only after the grace time', async () => {
    const { created, rotate } = await session();
    const now = Date.now();
    expect((await rotate(created.tokenHash, now + 61_000)).outcome).toBe('expired');
    expect((await rotate(created.tokenHash, now)).outcome).toBe('rotated');
    expect((await rotate(created.tokenHash, now + 9_000)).outcome).toBe('rotated');
    expect((await rotate(created.tokenHash, now + 11_000)).outcome).toBe('stolen');
    expect((await rotate(created.tokenHash, now + 12_000)).outcome).toBe('revoked');
  });
});

describe('users', () => {
  it('raise user_version with every change of the profile, without holes', async () => {
    const store = new PostgresUserStore(sql, prisma);
    const user = await newUser();
    const tell = () => [];
    await Promise.all(
      Array.from({ length: 8 }, (_, n) => store.updateProfile(user.id, { display_name: `n${n}` }, tell)),
    );
    await store.updateProfile(user.id, {}, tell);
    const changes = await sql.rows<{ version: number }>(
      'changes',
      'SELECT version FROM user_changes WHERE user_id = $1 ORDER BY version',
      [user.id],
    );
    expect(changes.map((change) => change.version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await store.find(user.id))?.user_version).toBe(8);
    expect(await store.updateProfile(randomUUID(), { display_name: 'nobody' }, tell)).toBeUndefined();
  });

  it('remember when they were last seen, only forward', async () => {
    const store = new PostgresUserStore(sql, prisma);
    const user = await newUser();
    await store.setLastSeen(user.id, new Date('2026-01-02T00:00:00Z'));
    await store.setLastSeen(user.id, new Date('2026-01-01T00:00:00Z'));
    expect((await store.find(user.id))?.last_seen).toBe('2026-01-02T00:00:00.000Z');
  });
});

describe('relations', () => {
  it('tell privacy, contacts and blocks for each pair', async () => {
    const store = new PostgresPrivacyStore(sql);
    const [a, b] = [await newUser(), await newUser()];
    await prisma.privacySettings.create({
      data: { user_id: b.id, last_seen: 'contacts', read_receipts: false },
    });
    await prisma.contact.create({ data: { user_id: b.id, contact_id: a.id } });
    await prisma.contact.create({
      data: { user_id: a.id, contact_id: b.id, is_contact: false, is_blocked: true },
    });
    const pairs = [
      { viewer: a.id, target: b.id },
      { viewer: b.id, target: a.id },
    ];
    expect(await store.relations(pairs)).toMatchObject([
      { privacy: { last_seen: 'contacts', read_receipts: false }, isContact: true, blocked: true },
      { privacy: { last_seen: 'everyone', read_receipts: true }, isContact: false, blocked: true },
    ]);
  });
});

describe('dead letters', () => {
  it('are kept and counted', async () => {
    const store = new PostgresDeadLetterStore(sql);
    const before = await store.count();
    await store.put({ consumer: 'c', event: { a: 1 }, error: 'no', deliveries: 6 });
    expect(await store.count()).toBe(before + 1);
  });
});

it('never reads a whole big table, whatever is asked', async () => {
  // One connection, so that what it counted can be read back at once.
  const one = new Sql({ url: database.url, poolSize: 1, timeoutMs: 10_000 });
  const store = new PostgresMessageStore(one, nothingPublished);
  const chats = new PostgresChatStore(one, nothingPublished);
  const [a, b] = [await newUser(), await newUser()];
  const { chat } = await chats.openDirect({
    chatId: randomUUID(),
    creator: a.id,
    other: b.id,
    context: context(),
  });
  const id = chat.chat_id;
  for (let n = 0; n < 10; n++) await store.append(Array.from({ length: 200 }, () => message(id, a.id)));
  const tables = [
    'messages',
    'message_heads',
    'users',
    'chats',
    'chat_participants',
    'position_marks',
    'contacts',
  ];
  const scans = async () => {
    await one.rows('flush', 'SELECT pg_stat_force_next_flush()', []);
    const rows = await one.rows<{ scans: number }>(
      'scans',
      'SELECT sum(seq_scan)::bigint AS scans FROM pg_stat_user_tables WHERE relname = ANY($1)',
      [tables],
    );
    return rows[0]?.scans ?? 0;
  };
  const before = await scans();
  for (let round = 0; round < 8; round++) {
    const [newest] = await store.page({ chatId: id, before: 1000, after: 0, upTo: null, limit: 50 });
    await store.byIds([newest?.message_id ?? '', randomUUID()]);
    await store.append([message(id, a.id), message(id, b.id)]);
    const window = { chatId: id, after: 1990, upTo: null };
    await store.unread([{ ...window, userId: b.id, except: [] }], new Date().toISOString());
    await store.others([{ chatId: id, userId: b.id, from: 1900, to: 1950, limit: 100 }]);
    await store.heads([id]);
    await chats.find([id]);
    await chats.advance([{ chatId: id, userId: b.id, delivered: round * 10, read: 0, context: context() }]);
    await new PostgresPrivacyStore(one).relations([{ viewer: a.id, target: b.id }]);
    await new PostgresUserStore(one, prisma).findMany([a.id, b.id]);
  }
  expect(await scans()).toBe(before);
  // The counter does count: a query that reads the whole table shows.
  await one.rows('on', 'SET enable_seqscan = on', []);
  await one.rows('whole', "SELECT count(*) FROM messages WHERE type = 'text'", []);
  expect(await scans()).toBeGreaterThan(before);
  await one.close();
});
