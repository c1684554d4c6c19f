/** The outbox, leases and dead letters on a real PostgreSQL: what their ports promise. */
import { randomUUID } from 'node:crypto';
import { expandOutbox, isUnavailable, type OutboxRow } from '@parley/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { PostgresDeadLetterStore, PostgresLeaseStore, PostgresOutboxStore, Sql } from '../src/index.ts';

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Sql({ url: database.url, poolSize: 10, timeoutMs: 10_000 });
});
beforeEach(async () => {
  await sql.pool.query('TRUNCATE outbox, leases, dead_letters');
});
afterAll(async () => {
  await sql.close();
  await database.drop();
});

const now = async (seconds: number) => {
  await sql.pool.query('SELECT pg_sleep($1)', [seconds]);
};
const now30 = { olderThanSeconds: 0, limit: 1_000, claimSeconds: 30 };

describe('the outbox', () => {
  const commit = (count: number) =>
    sql.pool.query(
      `INSERT INTO outbox (subject, payload) SELECT 'test', jsonb_build_object('n', n) FROM generate_series(1, $1) n`,
      [count],
    );

  it('gives rows in their order, each to one of those who ask at once', async () => {
    await commit(400);
    const store = new PostgresOutboxStore(sql);
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.pending({ ...now30, limit: 50 })));
    const numbers = (rows: OutboxRow[]) => rows.map((row) => (row.payload as { n: number }).n);
    for (const rows of claims) expect(numbers(rows)).toEqual(numbers(rows).toSorted((a, b) => a - b));
    expect(new Set(claims.flatMap(numbers)).size).toBe(400);
    expect(await store.pending(now30)).toEqual([]);
  });

  it('leaves young rows alone, and gives a row again when its claim runs out', async () => {
    await commit(1);
    const store = new PostgresOutboxStore(sql);
    expect(await store.pending({ ...now30, olderThanSeconds: 60 })).toEqual([]);
    const [row] = await store.pending({ ...now30, claimSeconds: 0.2 });
    expect(await store.pending(now30)).toEqual([]);
    await now(0.25);
    expect(await store.pending(now30)).toEqual([row]);
    await store.complete([row?.id ?? '']);
    await now(0.01);
    expect((await sql.pool.query('SELECT 1 FROM outbox')).rowCount).toBe(0);
  });
});

describe('leases', () => {
  it('are held by one, renewed by it, and taken by another once they run out', async () => {
    const store = new PostgresLeaseStore(sql);
    expect(await store.hold('sweep', 'a', 0.3)).toBe(true);
    expect(await store.hold('sweep', 'b', 0.3)).toBe(false);
    expect(await store.hold('other', 'b', 0.3)).toBe(true);
    await now(0.2);
    expect(await store.hold('sweep', 'a', 0.3)).toBe(true);
    await now(0.2);
    expect(await store.hold('sweep', 'b', 30)).toBe(false);
    await now(0.2);
    expect(await store.hold('sweep', 'b', 30)).toBe(true);
    expect(await store.hold('sweep', 'a', 30)).toBe(false);
  });

  it('go to one of many who ask at once, whether there was one or not', async () => {
    const store = new PostgresLeaseStore(sql);
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => store.hold('sweep', `${round}-${n}`, 0.8)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      await now(0.9);
    }
  });

  it('are given up only by who holds them', async () => {
    const store = new PostgresLeaseStore(sql);
    await store.hold('sweep', 'a', 30);
    await store.release('sweep', 'b');
    expect(await store.hold('sweep', 'b', 30)).toBe(false);
    await store.release('sweep', 'a');
    expect(await store.hold('sweep', 'b', 30)).toBe(true);
  });

  it('cannot be told while the database is away', async () => {
    const away = new Sql({ url: 'postgresql://a:b@127.0.0.1:1/c', poolSize: 2, timeoutMs: 500 });
    const error = await new PostgresLeaseStore(away).hold('sweep', 'a', 1).catch((reason) => reason);
    expect(isUnavailable(error)).toBe(true);
    await away.close();
  });
});

describe('dead letters', () => {
  const event = (userId: string = randomUUID()) => ({
    event_id: randomUUID(),
    event_type: 'presence.changed',
    timestamp: '2026-03-01T09:12:44.310Z',
    request_id: 'r',
    trace: null,
    payload: { user_id: userId, status: 'online', last_seen: null },
  });
  const put = async (store: PostgresDeadLetterStore, count: number) => {
    for (let n = 1; n <= count; n++) {
      await store.put({ consumer: 'realtime', event: event(), error: `no ${n}`, deliveries: 6 });
    }
  };

  it('are listed page by page, the newest first, and found by id', async () => {
    const store = new PostgresDeadLetterStore(sql);
    await put(store, 5);
    const first = await store.list({ limit: 3, before: null });
    const second = await store.list({ limit: 3, before: first.at(-1)?.id ?? null });
    expect([...first, ...second].map((letter) => letter.error)).toEqual(
      [5, 4, 3, 2, 1].map((n) => `no ${n}`),
    );
    expect(await store.count()).toBe(5);
    expect(await store.find(first[0]?.id ?? '')).toEqual(first[0]);
    expect(first[0]).toMatchObject({ consumer: 'realtime', deliveries: 6 });
    for (const id of ['999999', 'x', '-1', '9'.repeat(30)]) expect(await store.find(id)).toBeUndefined();
  });

  it('keep whatever was no event', async () => {
    const store = new PostgresDeadLetterStore(sql);
    await store.put({
      consumer: 'c',
      event: { raw: 'a\0b\ud800c' },
      error: '\0'.repeat(9_000),
      deliveries: 1,
    });
    const [letter] = await store.list({ limit: 1, before: null });
    expect(letter?.event).toEqual({ raw: 'a\ufffdb\ufffdc' });
    expect(letter?.error).toHaveLength(4_000);
  });

  it('go back to their consumer through the outbox, each once, the oldest first', async () => {
    const store = new PostgresDeadLetterStore(sql);
    await put(store, 4);
    const letters = (await store.list({ limit: 10, before: null })).toReversed();
    const ids = letters.map((letter) => letter.id);
    const answers = await Promise.all([
      store.replay([ids[2] ?? '', ids[0] ?? '', '999999', 'x']),
      store.replay([ids[0] ?? '', ids[2] ?? '']),
    ]);
    expect(answers.flat().sort()).toEqual([ids[0], ids[2]].sort());
    expect((await store.list({ limit: 10, before: null })).map((letter) => letter.id)).toEqual([
      ids[3],
      ids[1],
    ]);
    const rows = await new PostgresOutboxStore(sql).pending(now30);
    expect(rows).toMatchObject(
      [letters[0], letters[2]].map((letter) => ({
        subject: 'dlq.replay',
        payload: { consumer: 'realtime', event: letter?.event },
      })),
    );
    // What the relay makes of it: for that consumer alone, under a new id that is the same each time.
    const core = {} as Parameters<typeof expandOutbox>[0];
    const [again, same] = [
      await expandOutbox(core, rows[0] as OutboxRow),
      await expandOutbox(core, rows[0] as OutboxRow),
    ];
    expect(again).toEqual(same);
    const original = letters[0]?.event as ReturnType<typeof event>;
    expect(again).toEqual([{ ...original, consumer: 'realtime', event_id: expect.any(String) }]);
    expect(again[0]?.event_id).not.toBe(original.event_id);
  });
});
