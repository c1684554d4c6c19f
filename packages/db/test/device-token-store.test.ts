/** Push tokens of devices: one for each session, and each with one session. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PostgresDeviceTokenStore } from '../src/device-token-store.ts';
import { createPrisma, PostgresSessionStore, Sql } from '../src/index.ts';
import { openPeople, type People } from './support/people.ts';

let people: People;
let pools: Sql[];
let prisma: ReturnType<typeof createPrisma>;
beforeAll(async () => {
  people = await openPeople();
  prisma = createPrisma(people.sql);
  pools = [0, 1].map(() => new Sql({ url: people.url, poolSize: 8, timeoutMs: 20_000 }));
});
afterAll(async () => {
  await prisma.$disconnect();
  for (const pool of pools) await pool.close();
  await people.close();
});

const store = (n = 0) => new PostgresDeviceTokenStore(pools[n % 2] as Sql);
const sessions = () => new PostgresSessionStore(prisma);
const register = (userId: string, sessionId: string, token: string, n = 0) =>
  store(n).register({ userId, sessionId, token, platform: 'android' });
const devicesOf = async (userId: string) => (await store().of([userId])).get(userId) ?? [];
const age = (token: string, days: number) =>
  people.sql.rows(
    'age',
    'UPDATE device_tokens SET updated_at = now() - make_interval(days => $2) WHERE token = $1',
    [token, days],
  );
const times = (count: number) => Array.from({ length: count }, (_, n) => n);

async function person() {
  return { id: (await people.person()).id, session: randomUUID(), token: randomUUID() };
}

/** Signed in, so that there is a refresh token. */
async function signedIn() {
  const user = await person();
  const tokenHash = randomUUID();
  await sessions().create({
    sessionId: user.session,
    userId: user.id,
    tokenHash,
    expiresAt: new Date(Date.now() + 60_000),
    deviceName: null,
    devicePlatform: null,
  });
  return { ...user, tokenHash };
}

describe('registering', () => {
  it('makes a token the only one of its session, and keeps its id while nothing moves', async () => {
    const { id, session, token } = await person();
    await register(id, session, token);
    const [first] = await devicesOf(id);
    expect(first).toEqual({
      id: expect.any(String),
      user_id: id,
      token,
      platform: 'android',
      session_id: session,
    });
    await age(token, 300);
    await store(1).register({ userId: id, sessionId: session, token, platform: 'web' });
    expect(await devicesOf(id)).toEqual([{ ...first, platform: 'web' }]);
    expect(await store().expire(new Date(Date.now() - 86_400_000), 10)).toBe(0);

    const next = randomUUID();
    await register(id, session, next);
    const [second, ...others] = await devicesOf(id);
    expect([second?.token, others]).toEqual([next, []]);
    expect(second?.id).not.toBe(first?.id);
  });

  it('takes a token from whoever had it, who loses nothing else', async () => {
    const [a, b] = [await person(), await person()];
    const tablet = { session: randomUUID(), token: randomUUID() };
    await register(a.id, a.session, a.token);
    await register(a.id, tablet.session, tablet.token);
    const before = await devicesOf(a.id);
    await register(b.id, b.session, b.token);
    // The phone changes hands; its new owner's other token goes with it.
    await register(b.id, b.session, a.token);
    expect((await devicesOf(a.id)).map(({ token }) => token)).toEqual([tablet.token]);
    const [device, ...others] = await devicesOf(b.id);
    expect([device?.token, device?.session_id, others]).toEqual([a.token, b.session, []]);
    expect(before.map(({ id }) => id)).not.toContain(device?.id);
    // The same phone signs in again.
    const again = randomUUID();
    await register(b.id, again, a.token);
    expect(await devicesOf(b.id)).toMatchObject([{ token: a.token, session_id: again }]);
    expect((await devicesOf(b.id))[0]?.id).not.toBe(device?.id);
  });

  it('never fails where many register the same token, or many tokens for one session', async () => {
    const everybody = await Promise.all(times(20).map(person));
    const token = randomUUID();
    await Promise.all(everybody.map(({ id, session }, n) => register(id, session, token, n)));
    const owners = await store().of(everybody.map(({ id }) => id));
    expect([...owners.values()].flat()).toHaveLength(1);

    const { id } = await person();
    for (const round of times(15)) {
      const session = randomUUID();
      await Promise.all(times(6).map((n) => register(id, session, `${session}-${n}`, n)));
      expect(await devicesOf(id)).toHaveLength(round + 1);
    }
  });

  it('lets sessions swap tokens at the same time', async () => {
    const group = await Promise.all(times(4).map(person));
    for (const round of times(15)) {
      await Promise.all(
        group.map(({ id, session }, n) =>
          register(id, session, group[(n + round) % group.length]?.token ?? '', n),
        ),
      );
      const devices = [...(await store().of(group.map(({ id }) => id))).values()].flat();
      expect(new Set(devices.map(({ token }) => token)).size).toBe(devices.length);
      expect(new Set(devices.map(({ session_id }) => session_id)).size).toBe(devices.length);
    }
  });
});

describe('signing out', () => {
  it('removes the tokens of the sessions that end, and of no others', async () => {
    const [a, b] = [await signedIn(), await signedIn()];
    for (const { id, session, token } of [a, b]) await register(id, session, token);
    const tablet = { session: randomUUID(), token: randomUUID() };
    await register(a.id, tablet.session, tablet.token);
    await sessions().revoke(a.id, [a.session]);
    expect((await devicesOf(a.id)).map(({ token }) => token)).toEqual([tablet.token]);
    expect(await devicesOf(b.id)).toHaveLength(1);
  });

  it('of a session whose token was stolen does so, too', async () => {
    const { id, session, token, tokenHash } = await signedIn();
    await register(id, session, token);
    const rotate = (at: number) =>
      sessions().rotate({
        tokenHash,
        newHash: randomUUID(),
        newExpiresAt: new Date(at + 60_000),
        now: new Date(at),
        graceSeconds: 10,
      });
    await rotate(Date.now());
    expect((await rotate(Date.now() + 11_000)).outcome).toBe('stolen');
    expect(await devicesOf(id)).toEqual([]);
    await expect(register(id, session, token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it('leaves no token behind when it meets a registration', async () => {
    for (const n of times(15)) {
      const { id, session, token } = await signedIn();
      await Promise.allSettled([register(id, session, token, n), sessions().revoke(id, 'all')]);
      expect(await devicesOf(id)).toEqual([]);
      await expect(register(id, session, token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    }
  });
});

describe('forgetting', () => {
  it('is of the session that asks, and says whether there was something', async () => {
    const [a, b] = [await person(), await person()];
    await register(a.id, a.session, a.token);
    expect(await store().remove(b.id, a.session)).toBe(false);
    expect(await store().remove(a.id, b.session)).toBe(false);
    expect(await store(1).remove(a.id, a.session)).toBe(true);
    expect(await store().remove(a.id, a.session)).toBe(false);
    expect(await devicesOf(a.id)).toEqual([]);
  });

  it('drops a token that the service does not know, unless it was registered anew', async () => {
    const { id, session, token } = await person();
    await register(id, session, token);
    const [device] = await devicesOf(id);
    if (!device) throw new Error('there is no device');
    await register(id, randomUUID(), token);
    await store().drop(device);
    const [anew] = await devicesOf(id);
    expect(anew?.token).toBe(token);
    await store().drop({ id: anew?.id ?? '', token: randomUUID() });
    expect(await devicesOf(id)).toHaveLength(1);
    await store().drop({ id: anew?.id ?? '', token });
    expect(await devicesOf(id)).toEqual([]);
  });

  it('expires tokens that nobody registered again, the oldest first', async () => {
    const group = await Promise.all(times(5).map(person));
    for (const { id, session, token } of group) await register(id, session, token);
    for (const [n, { token }] of group.entries()) await age(token, 100 + n);
    const [fresh] = group;
    await register(fresh?.id ?? '', fresh?.session ?? '', fresh?.token ?? '');
    const before = new Date(Date.now() - 50 * 86_400_000);
    expect(await store().expire(before, 3)).toBe(3);
    const left = await store().of(group.map(({ id }) => id));
    expect([...left.keys()].toSorted()).toEqual([group[0]?.id, group[1]?.id].toSorted());
    expect(await store().expire(before, 3)).toBe(1);
    expect(await store().expire(before, 3)).toBe(0);
    expect(await devicesOf(fresh?.id ?? '')).toHaveLength(1);
  });
});

it('devices of many users are looked up in one query', async () => {
  const group = await Promise.all(times(10).map(person));
  for (const { id, session, token } of group.slice(1)) await register(id, session, token);
  const own = store();
  const asked = vi.spyOn(pools[0] as Sql, 'rows');
  const ids = group.map(({ id }) => id);
  const [all, none, one] = await Promise.all([own.of(ids), own.of([]), own.of([ids[3] ?? '', ids[3] ?? ''])]);
  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockRestore();
  expect([...all.keys()].toSorted()).toEqual(ids.slice(1).toSorted());
  expect([...none.keys(), ...one.keys()]).toEqual([ids[3]]);
  expect(one.get(ids[3] ?? '')).toMatchObject([{ token: group[3]?.token }]);
});
