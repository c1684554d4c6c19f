/** Sessions that are over are forgotten; those that live keep their rotated tokens, which tell theft. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createPrisma, PostgresSessionStore, Sql } from '../src/index.ts';
import { openPeople, type People } from './support/people.ts';

let people: People;
let prisma: ReturnType<typeof createPrisma>;
let user: string;
beforeAll(async () => {
  people = await openPeople();
  prisma = createPrisma(people.sql);
  user = (await people.person()).id;
});
afterAll(async () => {
  await prisma.$disconnect();
  await people.close();
});
beforeEach(() => prisma.refreshToken.deleteMany());

const before = new Date('2026-06-01T00:00:00.000Z');
/** So many seconds before or after that. */
const at = (seconds: number) => new Date(before.getTime() + seconds * 1000);
const store = () => new PostgresSessionStore(prisma);

interface Given {
  /** When each token ends, in seconds after `before`; all but the last ones were rotated. */
  ends: number[];
  unrotated?: number;
  revoked?: boolean;
}

/** Makes sessions with a device token each; answers their ids. */
async function given(...all: Given[]): Promise<string[]> {
  const made = all.map((each) => ({ ...each, session_id: randomUUID() }));
  await prisma.refreshToken.createMany({
    data: made.flatMap(({ session_id, ends, unrotated = 1, revoked = false }) =>
      ends.map((end, n) => ({
        user_id: user,
        session_id,
        token_hash: randomUUID(),
        expires_at: at(end),
        rotated_at: n < ends.length - unrotated ? at(end - 1_000_000 + n) : null,
        revoked,
      })),
    ),
  });
  await prisma.deviceToken.deleteMany();
  await prisma.deviceToken.createMany({
    data: made.map(({ session_id }) => ({ user_id: user, session_id, token: session_id })),
  });
  return made.map(({ session_id }) => session_id);
}

/** How many tokens each of the sessions has, and whether its device has one. */
async function left(ids: readonly string[]): Promise<[tokens: number, devices: number][]> {
  return Promise.all(
    ids.map(async (session_id) => [
      await prisma.refreshToken.count({ where: { session_id } }),
      await prisma.deviceToken.count({ where: { session_id } }),
    ]),
  );
}

it('forgets sessions of which nothing works any more, with their push tokens, and no others', async () => {
  const ids = await given(
    { ends: [-1] },
    { ends: [-30, -20, -10] },
    // Signed out, and over.
    { ends: [-5], revoked: true },
    // Signed out, but a token that is stolen from it is still to be told from one that never was.
    { ends: [-5, 5], revoked: true },
    { ends: [-30, -20, 10] },
    { ends: [0] },
    // A retry left a second successor that was never used.
    { ends: [-10, -9, 40], unrotated: 2 },
  );
  expect(await store().forget(before, 100)).toBe(5);
  expect(await left(ids)).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
    [2, 1],
    [3, 1],
    [1, 1],
    [3, 1],
  ]);
  expect(await store().forget(before, 100)).toBe(0);
  expect(await store().forget(at(1), 100)).toBe(1);
});

it('goes on where a session has more tokens than one call may delete', async () => {
  const ends = Array.from({ length: 10 }, (_, n) => n - 20);
  const ids = await given({ ends, unrotated: 3 }, { ends: [-8] }, { ends: [8] });
  const counts: number[] = [];
  for (let round = 0; round < 5; round++) counts.push(await store().forget(before, 4));
  expect(counts).toEqual([4, 4, 3, 0, 0]);
  expect(await left(ids)).toEqual([
    [0, 0],
    [0, 0],
    [1, 1],
  ]);
});

it('still tells theft in a session that lives', async () => {
  const [sessionId = ''] = await given({ ends: [-10, 1_000] });
  await store().forget(before, 100);
  const rotated = await prisma.refreshToken.findFirstOrThrow({ where: { rotated_at: { not: null } } });
  const outcome = await store().rotate({
    tokenHash: rotated.token_hash,
    newHash: randomUUID(),
    newExpiresAt: at(1_000),
    // While it was good.
    now: at(-11),
    graceSeconds: 10,
  });
  expect(outcome).toEqual({ outcome: 'stolen', userId: user, sessionId });
});

it('can be asked by many at once, while people sign out', async () => {
  await given(...Array.from({ length: 40 }, (_, n) => ({ ends: [-n - 2, -n - 1] })));
  const calls = Array.from({ length: 8 }, () => store().forget(before, 30));
  const results = await Promise.all([
    ...calls,
    store()
      .revoke(user, 'all')
      .then(() => 0),
  ]);
  const later = await store().forget(before, 100);
  expect(results.reduce((sum, count) => sum + count, later)).toBe(80);
});

it('says where the database is away', async () => {
  const nowhere = new Sql({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1, timeoutMs: 500 });
  const away = new PostgresSessionStore(createPrisma(nowhere));
  await expect(away.forget(before, 10)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  await nowhere.close();
});

it('leaves exactly the sessions with a token that still works or did since', async () => {
  const session = fc
    .array(fc.integer({ min: -50, max: 10 }), { minLength: 1, maxLength: 6 })
    .chain((ends) =>
      fc.record({ ends: fc.constant(ends), unrotated: fc.integer({ min: 1, max: ends.length }) }),
    );
  await fc.assert(
    fc.asyncProperty(
      fc.array(session, { maxLength: 6 }),
      fc.integer({ min: 1, max: 7 }),
      async (sessions, limit) => {
        await prisma.refreshToken.deleteMany();
        const ids = await given(...sessions);
        let forgotten = 0;
        for (;;) {
          const count = await store().forget(before, limit);
          expect(count).toBeLessThanOrEqual(limit);
          forgotten += count;
          if (count === 0) break;
        }
        const kept = sessions.map(({ ends }) => (ends.some((end) => end >= 0) ? ends.length : 0));
        const all = sessions.reduce((sum, { ends }) => sum + ends.length, 0);
        expect(await left(ids)).toEqual(kept.map((tokens) => [tokens, Math.min(tokens, 1)]));
        expect(forgotten).toBe(all - kept.reduce((sum, tokens) => sum + tokens, 0));
      },
    ),
    { numRuns: 15 },
  );
});
