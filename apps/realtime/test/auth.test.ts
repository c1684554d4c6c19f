import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { transports } from './support/clients.ts';
import { until, World } from './support/world.ts';

describe('signing in on /ws', () => {
  it('takes the token from the query', async () => {
    await using world = await World.start();
    const client = world.raw(`?token=${world.token(world.alice)}`);
    await client.opened();
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
  });

  it('takes the token from the Authorization header', async () => {
    await using world = await World.start();
    const client = world.raw('', { authorization: `Bearer ${world.token(world.alice)}` });
    await client.opened();
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
  });

  it('takes the token from a first auth frame and answers it', async () => {
    await using world = await World.start();
    const client = world.raw();
    await client.opened();
    const answer = await client.ask('auth', { token: world.token(world.alice) });
    expect(answer.ok && answer.data.expires_in).toBeGreaterThan(890);
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
    expect(world.realtime.connections()).toBe(1);
  });

  it('loses no frame that comes while the token is being checked', async () => {
    await using world = await World.start();
    const checked = Promise.withResolvers<void>();
    world.fake.keyValue.hold = checked.promise;
    const client = world.raw();
    await client.opened();
    client.send('auth', { token: world.token(world.alice) });
    const answers = Array.from({ length: 20 }, (_, i) =>
      client.ask('message.send', world.text(`early ${i}`)),
    );
    checked.resolve();
    const seqs = (await Promise.all(answers)).map((answer) => answer.ok && answer.data.seq);
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it.each([
    ['an expired token', (world: World) => world.token(world.alice, 'gone', -1), 'TOKEN_EXPIRED'],
    ['a bad token', () => 'nonsense', 'TOKEN_INVALID'],
    ['an empty token', () => '', 'UNAUTHORIZED'],
  ])('upgrades with %s, says why, and closes 4001', async (_what, token, reason) => {
    await using world = await World.start();
    const client = world.raw(`?token=${token(world)}`);
    expect((await client.next('error')).data).toMatchObject({ code: 4001, reason });
    expect((await client.closed).code).toBe(4001);
    expect(world.realtime.connections()).toBe(0);
  });

  it.each([
    ['another event', JSON.stringify({ event: 'ping', data: {} })],
    ['no JSON', 'hello'],
    ['an auth frame without a token', JSON.stringify({ event: 'auth', data: {} })],
  ])('closes 4001 when the first frame is %s', async (_what, frame) => {
    await using world = await World.start();
    const client = world.raw();
    await client.opened();
    client.socket.send(frame);
    expect((await client.next('error')).data).toMatchObject({ code: 4001, reason: 'UNAUTHORIZED' });
    expect((await client.closed).code).toBe(4001);
  });

  it('closes 4001 when no token comes in time', async () => {
    await using world = await World.start({ authMs: 20, tickMs: 5 });
    const client = world.raw();
    expect((await client.next('error')).data).toMatchObject({ code: 4001, reason: 'UNAUTHORIZED' });
    expect((await client.closed).code).toBe(4001);
  });

  it('refuses a session that is signed out while its token is being checked', async () => {
    await using world = await World.start();
    const checked = Promise.withResolvers<void>();
    world.fake.keyValue.hold = checked.promise;
    const client = world.raw(`?token=${world.token(world.alice, 's1')}`);
    await client.opened();
    world.fake.signals.send({ kind: 'kick', session_ids: ['s1'] });
    checked.resolve();
    expect((await client.next('error')).data).toMatchObject({ code: 4001, reason: 'TOKEN_INVALID' });
    expect((await client.closed).code).toBe(4001);
  });
});

describe('signing in on /socket.io', () => {
  it.each([
    [
      'an expired token',
      (world: World) => ({ token: world.token(world.alice, 'gone', -1) }),
      'TOKEN_EXPIRED',
    ],
    ['a bad token', () => ({ token: 'nonsense' }), 'TOKEN_INVALID'],
    ['no token', () => ({}), 'UNAUTHORIZED'],
    ['a token that is no text', () => ({ token: { a: 1 } }), 'UNAUTHORIZED'],
  ])('refuses %s with connect_error and its reason', async (_what, auth, reason) => {
    await using world = await World.start();
    const error = await world.io(auth(world)).refused;
    expect(error.data).toMatchObject({ code: 4001, reason });
    expect(error.data.message).toBe(error.message);
    expect(world.realtime.connections()).toBe(0);
  });

  it('does not keep the token', async () => {
    await using world = await World.start();
    const token = world.token(world.alice);
    await world.device('socketio', world.alice, token);
    expect(world.fake.logged.join()).not.toContain(token);
  });
});

describe.each(transports)('a live connection on %s', (transport) => {
  it('goes on after its first token ran out when it was renewed', async () => {
    await using world = await World.start({ tickMs: 5 });
    const client = await world.device(transport, world.alice, world.token(world.alice, 's1', 30));
    const renewed = await client.ask('auth', { token: world.token(world.alice, 's2', 600) });
    expect(renewed.ok && renewed.data.expires_in).toBeGreaterThan(590);
    world.fake.clock.advance(40);
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
    world.fake.signals.send({ kind: 'kick', session_ids: ['s2'] });
    expect((await client.closed).code).toBe(4001);
  });

  it('stays when a bad token is offered, or that of somebody else', async () => {
    await using world = await World.start();
    const client = await world.device(transport, world.alice);
    const bad = await client.ask('auth', { token: 'nonsense' });
    expect(bad).toMatchObject({ ok: false, error: { reason: 'TOKEN_INVALID' } });
    const other = await client.ask('auth', { token: world.token(world.bob) });
    expect(other).toMatchObject({ ok: false, error: { reason: 'FORBIDDEN' } });
    expect(await client.ask('ping')).toEqual({ ok: true, data: {} });
  });

  it('closes 4001 when its token runs out', async () => {
    await using world = await World.start({ tickMs: 5 });
    const client = await world.device(transport, world.alice, world.token(world.alice, 's1', 30));
    world.fake.clock.advance(31);
    expect((await client.next('error')).data).toMatchObject({ code: 4001, reason: 'TOKEN_EXPIRED' });
    expect((await client.closed).code).toBe(4001);
    await until(() => world.realtime.connections() === 0);
    expect(await world.metric('parley_realtime_closes_total', { reason: 'unauthorized' })).toBe(1);
  });

  it('handles no frame after its token ran out, however late the clock is looked at', async () => {
    await using world = await World.start();
    const client = await world.device(transport, world.alice, world.token(world.alice, 's1', 30));
    world.fake.clock.advance(31);
    client.send('message.send', world.text());
    expect((await client.closed).code).toBe(4001);
    expect(world.fake.messages.byId.size).toBe(0);
  });

  it('closes 4001 when its session is signed out; other sessions stay', async () => {
    await using world = await World.start();
    const [kicked, kept] = [randomUUID(), randomUUID()];
    const client = await world.device(transport, world.alice, world.token(world.alice, kicked));
    const other = await world.device(transport, world.alice, world.token(world.alice, kept));
    world.fake.signals.send({ kind: 'kick', session_ids: [kicked] });
    expect((await client.next('error')).data).toMatchObject({ code: 4001, reason: 'TOKEN_INVALID' });
    expect((await client.closed).code).toBe(4001);
    expect(await other.ask('ping')).toEqual({ ok: true, data: {} });
  });
});
