import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { transports } from './support/clients.ts';
import { until, World } from './support/world.ts';

describe.each(transports)('watching presence on %s', (transport) => {
  it('tells the present state at once and changes later', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const answer = await alice.ask('presence.subscribe', { user_ids: [world.bob] });
    expect(answer).toEqual({ ok: true, data: {} });
    expect((await alice.next('presence')).data).toEqual({
      user_id: world.bob,
      online: false,
      last_seen: null,
    });

    const bob = await world.device(transport === 'ws' ? 'socketio' : 'ws', world.bob);
    expect((await alice.next('presence')).data).toMatchObject({ user_id: world.bob, online: true });
    const tablet = await world.device(transport, world.bob);
    bob.close();
    await until(() => world.realtime.connections() === 2);
    expect(await alice.rest('presence')).toEqual([]);
    tablet.close();
    const gone = await alice.next('presence');
    expect(gone.data.online).toBe(false);
    expect(gone.data.last_seen).toMatch(/Z$/);

    await alice.ask('presence.unsubscribe', { user_ids: [world.bob] });
    await world.device(transport, world.bob);
    expect(await alice.rest('presence')).toEqual([]);
  });

  it('leaves out unknown users and shows hidden ones as nulls', async () => {
    await using world = await World.start();
    world.fake.privacy.settings.set(world.bob, { last_seen: 'nobody' });
    const alice = await world.device(transport, world.alice);
    await alice.ask('presence.subscribe', { user_ids: [randomUUID(), world.bob, world.alice] });
    const states = (await alice.rest('presence')).map((frame) => frame.data);
    expect(states).toEqual([
      { user_id: world.bob, online: null, last_seen: null },
      { user_id: world.alice, online: true, last_seen: null },
    ]);
  });

  it('does not give away when somebody hidden comes and goes, only that they hide now', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    await alice.ask('presence.subscribe', { user_ids: [world.bob] });
    expect((await alice.next('presence')).data.online).toBe(true);
    world.fake.privacy.settings.set(world.bob, { last_seen: 'nobody' });
    bob.close();
    expect((await alice.next('presence')).data).toEqual({
      user_id: world.bob,
      online: null,
      last_seen: null,
    });
    const again = await world.device(transport, world.bob);
    again.close();
    await until(() => world.realtime.connections() === 1);
    expect(await alice.rest('presence')).toEqual([]);
  });

  it('is limited to 200 users in a frame and 1,000 in a connection', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const users = Array.from({ length: 1001 }, () => world.user());
    const tooMany = await alice.ask('presence.subscribe', { user_ids: users.slice(0, 201) });
    expect(tooMany).toMatchObject({ ok: false, error: { reason: 'VALIDATION_ERROR' } });
    for (let at = 0; at < 1000; at += 200) {
      expect((await alice.ask('presence.subscribe', { user_ids: users.slice(at, at + 200) })).ok).toBe(true);
    }
    const oneMore = await alice.ask('presence.subscribe', { user_ids: users.slice(1000) });
    expect(oneMore).toMatchObject({ ok: false, error: { reason: 'VALIDATION_ERROR' } });
    expect((await alice.ask('presence.subscribe', { user_ids: users.slice(0, 1) })).ok).toBe(true);
    await alice.ask('presence.unsubscribe', { user_ids: users.slice(0, 1) });
    expect((await alice.ask('presence.subscribe', { user_ids: users.slice(1000) })).ok).toBe(true);
  });
});

describe.each(transports)('the presence of connections on %s', (transport) => {
  it('is a lease that signs of life renew and the end gives back', async () => {
    await using world = await World.start({ tickMs: 5, sweepMs: 1_000 });
    const alice = await world.device(transport, world.alice);
    const [lease] = world.fake.presence.leases.get(world.alice) ?? [];
    expect(lease).toBeDefined();
    await alice.ask('ping');
    world.fake.clock.advance(2);
    await until(() => world.fake.presence.renewals.length > 0);
    expect(world.fake.presence.renewals[0]).toEqual([lease]);
    // Nothing is heard of Alice from here on; Bob shows that sweeps go on.
    const bob = await world.device(transport, world.bob);
    const before = world.fake.presence.renewals.length;
    await until(async () => {
      world.fake.clock.advance(2);
      await bob.ask('ping');
      return world.fake.presence.renewals.length > before + 1;
    });
    expect(world.fake.presence.renewals.slice(before + 1).flat()).not.toContain(lease);
    alice.close();
    await until(() => !world.fake.presence.leases.has(world.alice));
    expect(world.fake.users.records.get(world.alice)?.last_seen).not.toBeNull();
  });

  it('leaves no lease behind when the connection ends before it is taken', async () => {
    await using world = await World.start();
    const acquire = world.fake.presence.acquire.bind(world.fake.presence);
    const taken = Promise.withResolvers<void>();
    world.fake.presence.acquire = async (...args) => {
      await taken.promise;
      return acquire(...args);
    };
    const alice = await world.device(transport, world.alice);
    alice.close();
    await until(() => world.realtime.connections() === 0);
    taken.resolve();
    await until(() => world.fake.users.records.get(world.alice)?.last_seen !== null);
    expect(world.fake.presence.leases.size).toBe(0);
  });
});

describe('silence', () => {
  it('of 60 s closes a raw connection with 4000', async () => {
    await using world = await World.start({ tickMs: 5 });
    const client = await world.device('ws', world.alice);
    world.fake.clock.advance(61);
    expect((await client.closed).code).toBe(4000);
    expect(await world.metric('parley_realtime_closes_total', { reason: 'idle' })).toBe(1);
  });

  it.each(['ping', 'pong'] as const)('is broken by a %s of the WebSocket protocol', async (kind) => {
    await using world = await World.start({ tickMs: 5 });
    const client = await world.device('ws', world.alice);
    world.fake.clock.advance(55);
    await until(() => world.fake.presence.renewals.length === 1);
    const answered = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket[kind]();
    client.socket.ping();
    await answered;
    world.fake.clock.advance(55);
    await until(() => world.fake.presence.renewals.length === 2);
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
  });

  it("is broken by the answers to Socket.IO's own pings", async () => {
    await using world = await World.start({ tickMs: 5, pingMs: 10 });
    const client = await world.device('socketio', world.alice);
    const ping = () => new Promise<void>((resolve) => client.socket.io.once('ping', () => resolve()));
    for (let i = 0; i < 3; i++) {
      world.fake.clock.advance(50);
      await ping();
      // The server pings again only when the last ping was answered.
      await ping();
    }
    expect(await world.metric('parley_realtime_closes_total')).toBe(0);
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
  });
});
