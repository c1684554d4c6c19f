import { describe, expect, it } from 'vitest';
import { World } from './support/world.ts';

describe('Socket.IO without a WebSocket', () => {
  it('talks with the other transport', async () => {
    await using world = await World.start();
    const alice = world.io({ token: world.token(world.alice) }, { transports: ['polling'] });
    await alice.opened();
    const bob = await world.device('ws', world.bob);
    const sent = await alice.ask('message.send', world.text('by post'));
    expect(sent.ok && sent.data.seq).toBe(1);
    expect((await bob.next('message.new')).data.payload).toEqual({ body: 'by post' });
    for (let i = 0; i < 50; i++) await bob.ask('message.send', world.text(`answer ${i}`));
    const { data } = await alice.next('message.new', (message) => message.seq === 51);
    expect(data.payload).toEqual({ body: 'answer 49' });
  });

  it('is refused beyond what may be under way: it cannot be held back', async () => {
    await using world = await World.start();
    const alice = world.io({ token: world.token(world.alice) }, { transports: ['polling'] });
    await alice.opened();
    const commit = Promise.withResolvers<void>();
    world.fake.messages.hold = commit.promise;
    const answers = Array.from({ length: 100 }, () => alice.ask('message.send', world.text()));
    const refused = await Promise.race(answers);
    expect(refused).toMatchObject({ ok: false, error: { reason: 'TOO_MANY_REQUESTS', retry_after: 1 } });
    commit.resolve();
    const accepted = (await Promise.all(answers)).filter((answer) => answer.ok);
    expect(accepted).toHaveLength(64);
  });

  it('is closed when its token runs out', async () => {
    await using world = await World.start({ tickMs: 5 });
    const alice = world.io({ token: world.token(world.alice, 's1', 30) }, { transports: ['polling'] });
    await alice.opened();
    world.fake.clock.advance(31);
    expect((await alice.next('error')).data).toMatchObject({ code: 4001, reason: 'TOKEN_EXPIRED' });
    expect((await alice.closed).reason).toBe('io server disconnect');
  });

  it('loses and reorders nothing while it upgrades to a WebSocket', async () => {
    await using world = await World.start();
    const bob = await world.device('ws', world.bob);
    const alice = world.io({ token: world.token(world.alice) }, { transports: ['polling', 'websocket'] });
    await alice.opened();
    let sent = 0;
    while (alice.socket.io.engine.transport.name !== 'websocket' || sent < 100) {
      await bob.ask('message.send', world.text(`${sent}`));
      sent++;
    }
    await alice.next('message.new', (message) => message.seq === sent);
    const seqs = alice.received
      .filter((frame) => frame.event === 'message.new')
      .map((frame) => frame.data.seq);
    expect(seqs).toEqual(Array.from({ length: sent - 1 }, (_, i) => i + 1));
  });
});
