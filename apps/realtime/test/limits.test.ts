import { describe, expect, it } from 'vitest';
import { transports } from './support/clients.ts';
import { until, World } from './support/world.ts';

describe.each(transports)('rate limits on %s', (transport) => {
  it('refuse messages with 4029 and when to try again; the connection stays', async () => {
    await using world = await World.start();
    world.fake.rates.limits.set('socketMessage', 2);
    const alice = await world.device(transport, world.alice);
    const laptop = await world.device(transport, world.alice);
    expect((await alice.ask('message.send', world.text())).ok).toBe(true);
    // Counted per user, not per connection.
    expect((await laptop.ask('message.send', world.text())).ok).toBe(true);
    const refused = await alice.ask('message.send', world.text());
    expect(refused).toMatchObject({ ok: false, error: { reason: 'TOO_MANY_REQUESTS', retry_after: 7 } });
    alice.send('message.send', world.text());
    expect((await alice.next('error')).data).toMatchObject({ code: 4029, retry_after: 7 });
    expect((await alice.ask('typing.start', { chat_id: world.chat })).ok).toBe(true);
    expect(world.fake.messages.byId.size).toBe(2);
  });

  it('count other frames apart, bad ones too, but neither ping nor auth', async () => {
    await using world = await World.start();
    world.fake.rates.limits.set('socketFrame', 3);
    const alice = await world.device(transport, world.alice);
    await alice.ask('typing.start', { chat_id: world.chat });
    await alice.ask('nothing.known', {});
    await alice.ask('typing.start', {});
    const refused = await alice.ask('typing.start', { chat_id: world.chat });
    expect(refused).toMatchObject({ ok: false, error: { reason: 'TOO_MANY_REQUESTS' } });
    expect((await alice.ask('message.send', world.text())).ok).toBe(true);
    expect((await alice.ask('ping')).ok).toBe(true);
    expect((await alice.ask('auth', { token: world.token(world.alice) })).ok).toBe(true);
  });

  it('let through while they cannot be checked, and the log says so once', async () => {
    await using world = await World.start();
    world.fake.rates.failing = true;
    world.fake.runtime.log.level = 'warn';
    const alice = await world.device(transport, world.alice);
    for (let i = 0; i < 3; i++) expect((await alice.ask('message.send', world.text())).ok).toBe(true);
    const warnings = world.fake.logged.map((line) => JSON.parse(line));
    expect(warnings).toMatchObject([{ level: 'warn', scope: 'socketMessage' }]);
  });
});

describe.each(transports)('a slow reader on %s', (transport) => {
  it('is closed when too much waits for it; others get everything', async () => {
    await using world = await World.start({ slowCloseMs: 10 });
    const slow = await world.device(transport, world.bob);
    const quick = await world.device(transport, world.bob);
    const alice = await world.device(transport, world.alice);
    const stop = pause(slow);
    let sent = 0;
    while ((await world.metric('parley_realtime_closes_total', { reason: 'slow_reader' })) === 0) {
      const body = 'x'.repeat(4000);
      const some = Array.from({ length: 100 }, () => alice.ask('message.send', world.text(body)));
      await Promise.all(some);
      sent += some.length;
    }
    await until(() => world.realtime.connections() === 2);
    await quick.next('message.new', (data) => data.seq === sent);
    stop();
    // What the kernel held arrives; then the connection is gone, with our code if it still fitted.
    expect([1013, 1006]).toContain((await slow.closed).code);
    expect((await alice.ask('ping')).ok).toBe(true);
  });
});

/** Stops a client from reading; returns how to go on. */
function pause(client: object): () => void {
  const { socket } = client as { socket: unknown };
  const ws =
    (socket as { io?: { engine: { transport: { ws: unknown } } } }).io?.engine.transport.ws ?? socket;
  const { _socket } = ws as { _socket: import('node:net').Socket };
  _socket.pause();
  return () => void _socket.resume();
}
