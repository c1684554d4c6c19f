/** Presence of those who come and go all the time, or whom many watch. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Topics } from '../src/delivery/topics.ts';
import type { Frame } from '../src/frame.ts';
import { Hub } from '../src/hub.ts';
import { Session, type Wire } from '../src/session.ts';
import { Tallies } from '../src/tallies.ts';
import { Watches } from '../src/watches.ts';
import { transports } from './support/clients.ts';
import { fakeRuntime } from './support/fake-runtime.ts';
import { until, World } from './support/world.ts';

describe.each(transports)('the presence of somebody on %s', (transport) => {
  it('who reconnects at once shows nothing of it', async () => {
    await using world = await World.start({ offlineMs: 600_000 });
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    await alice.ask('presence.subscribe', { user_ids: [world.bob] });
    expect((await alice.next('presence')).data.online).toBe(true);
    bob.close();
    await until(
      () =>
        world.fake.bus.published.at(-1)?.payload !== undefined && !world.fake.presence.leases.has(world.bob),
    );
    await world.device(transport, world.bob);
    await until(() => world.fake.presence.leases.has(world.bob));
    expect(await alice.rest('presence')).toEqual([]);
  });

  it('who left is told after a moment', async () => {
    await using world = await World.start({ offlineMs: 20 });
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    await alice.ask('presence.subscribe', { user_ids: [world.bob] });
    await alice.next('presence');
    bob.close();
    const { data } = await alice.next('presence');
    expect(data).toMatchObject({ user_id: world.bob, online: false });
    expect(data.last_seen).not.toBeNull();
  });
});

describe('watches', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  /** Sessions that watch one user; what each is told is kept. */
  async function watched(count: number) {
    const fake = fakeRuntime();
    const hub = new Hub(new Tallies(fake.runtime.metrics));
    const topics = new Topics(fake.fanOut, fake.runtime.log);
    const watches = new Watches(fake.core, hub, topics, { offlineMs: 1_000 });
    const record = fake.users.add('the-watched-one');
    const user = record.id;
    let left = Date.parse('2026-03-01T09:20:00Z');
    const told: string[] = [];
    const sessions = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const wire = { transport: 'ws', send: (frame: Frame) => void told.push(frame.json) };
        const id = fake.users.add(`watcher-${index}`).id;
        const claims = { userId: id, phone: '', sessionId: id, expiresAt: 0 };
        const session = new Session(wire as unknown as Wire, claims, 0);
        await watches.subscribe(session, [user]);
        return session;
      }),
    );
    const set = (status: 'online' | 'offline') => {
      if (status === 'online') fake.presence.leases.set(user, new Set(['a']));
      else fake.presence.leases.delete(user);
      if (status === 'offline') record.last_seen = new Date(++left).toISOString();
      watches.changed(user, status);
    };
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    told.length = 0;
    fake.privacy.queries.length = 0;
    return { fake, watches, user, told, sessions, set, settle };
  }

  it('ask once for 1,000 viewers, and make one frame for all', async () => {
    const { fake, told, set, settle } = await watched(1_000);
    set('online');
    await settle();
    expect(fake.privacy.queries).toEqual([1_000]);
    expect(told).toHaveLength(1_000);
    expect(new Set(told).size).toBe(1);
    set('offline');
    await settle();
    expect(fake.privacy.queries).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    await settle();
    expect(fake.privacy.queries).toEqual([1_000, 1_000]);
    expect(told).toHaveLength(2_000);
  });

  it('look twice at most for somebody who comes and goes a hundred times in a moment', async () => {
    const { fake, told, set, settle } = await watched(3);
    for (let n = 0; n < 100; n++) {
      set('online');
      await settle();
      set('offline');
      await settle();
      vi.advanceTimersByTime(9);
    }
    expect(told).toHaveLength(3);
    vi.advanceTimersByTime(1_000);
    await settle();
    expect(fake.privacy.queries).toEqual([3, 3]);
    expect(told.map((json) => JSON.parse(json).online)).toEqual([true, true, true, false, false, false]);
  });

  it('say nothing of a reconnect, though the user was last seen at another time then', async () => {
    const { fake, told, set, settle } = await watched(1);
    set('online');
    await settle();
    set('offline');
    vi.advanceTimersByTime(500);
    set('online');
    vi.advanceTimersByTime(1_000);
    await settle();
    expect(fake.privacy.queries).toHaveLength(2);
    expect(told).toHaveLength(1);
  });

  it('say at once that somebody is back who was told to be offline', async () => {
    const { told, set, settle } = await watched(1);
    set('online');
    await settle();
    set('offline');
    vi.advanceTimersByTime(1_000);
    await settle();
    set('online');
    await settle();
    expect(told.map((json) => JSON.parse(json).online)).toEqual([true, false, true]);
  });

  it('wait a whole moment after the last time that somebody left', async () => {
    const { told, set, settle } = await watched(1);
    set('online');
    await settle();
    set('offline');
    vi.advanceTimersByTime(900);
    set('online');
    set('offline');
    vi.advanceTimersByTime(999);
    await settle();
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await settle();
    expect(told).toHaveLength(2);
  });

  it('neither repeat what was told nor ask for those whom nobody watches any more', async () => {
    const { fake, watches, user, told, sessions, set, settle } = await watched(2);
    set('online');
    await settle();
    watches.reconsider(user, null);
    await settle();
    expect(told).toHaveLength(2);
    const asked = fake.privacy.queries.length;
    watches.reconsider(user, 'somebody-else');
    set('offline');
    for (const session of sessions) watches.unsubscribe(session, [user]);
    vi.advanceTimersByTime(1_000);
    set('online');
    await settle();
    expect(fake.privacy.queries).toHaveLength(asked);
  });

  it('look up one hidden user no more often than another', async () => {
    const { fake, told, user, set, settle } = await watched(2);
    fake.privacy.settings.set(user, { last_seen: 'nobody' });
    for (let n = 0; n < 20; n++) {
      set('online');
      await settle();
      set('offline');
      await settle();
    }
    expect(fake.privacy.queries).toHaveLength(1);
    expect(told.map((json) => JSON.parse(json).online)).toEqual([null, null]);
  });
});
