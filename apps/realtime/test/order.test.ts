import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { transports } from './support/clients.ts';
import { until, World } from './support/world.ts';

describe.each(transports)('the order of sends on %s', (transport) => {
  it('is kept for 500 sends in one go, which share commits', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    const answers = Array.from({ length: 500 }, (_, i) => alice.ask('message.send', world.text(`${i}`)));
    const seqs = (await Promise.all(answers)).map((answer) => answer.ok && answer.data.seq);
    expect(seqs).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    await bob.next('message.new', (data) => data.seq === 500);
    const bodies = bob.received
      .filter((frame) => frame.event === 'message.new')
      .map((frame) => Number(frame.data.payload.body));
    expect(bodies).toEqual(Array.from({ length: 499 }, (_, i) => i));
    expect(world.fake.messages.batches.length).toBeLessThan(250);
  });

  it('is kept across replies, chats that must be loaded, and a slow and uneven rate limiter', async () => {
    await using world = await World.start();
    const chats = [world.chat, ...Array.from({ length: 4 }, () => world.chatOf(world.alice, world.bob))];
    const consume = world.fake.rates.consume.bind(world.fake.rates);
    let turn = 0;
    world.fake.rates.consume = async (...args) => {
      // Some decisions take several turns of the loop, so that they come out of order.
      for (let i = turn++ % 7; i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
      return consume(...args);
    };
    const alice = await world.device(transport, world.alice);
    const first = await alice.ask('message.send', world.text('first'));
    const reply = { reply_to_message_id: first.ok && first.data.message_id };
    const sends = Array.from({ length: 200 }, (_, i) => {
      const chat_id = chats[i % 11 === 0 ? i % 5 : 0];
      const more = chat_id === world.chat && i % 9 === 0 ? reply : {};
      return world.text(`${i}`, { chat_id, ...more });
    });
    const answers = await Promise.all(sends.map((send) => alice.ask('message.send', send)));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    for (const chat of chats) {
      const bodies = [...world.fake.messages.byId.values()]
        .filter((message) => message.chat_id === chat && 'body' in message.payload)
        .sort((a, b) => a.seq - b.seq)
        .map((message) => (message.payload as { body: string }).body)
        .filter((body) => body !== 'first')
        .map(Number);
      expect(bodies).toEqual([...bodies].sort((a, b) => a - b));
    }
  });

  it('does not hold pings behind a send that waits', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const loaded = Promise.withResolvers<void>();
    world.fake.chats.hold = loaded.promise;
    const sent = alice.ask('message.send', world.text());
    expect(await alice.ask('ping')).toEqual({ ok: true, data: {} });
    loaded.resolve();
    expect((await sent).ok).toBe(true);
  });

  it('stops reading a client that has too much under way, and goes on later', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const commit = Promise.withResolvers<void>();
    world.fake.messages.hold = commit.promise;
    // More than a read of the socket brings at once, so that the pause is felt.
    const body = 'x'.repeat(4000);
    const answers = Array.from({ length: 400 }, () => alice.ask('message.send', world.text(body)));
    const read = () => world.fake.rates.counts.get(`socketMessage:${world.alice}`) ?? 0;
    await until(() => read() >= 64);
    expect(read()).toBeLessThan(100);
    commit.resolve();
    const seqs = (await Promise.all(answers)).map((answer) => answer.ok && answer.data.seq);
    expect(seqs).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    expect(Math.max(...world.fake.messages.batches)).toBeLessThan(150);
  });

  it('handles what was read although the client is gone', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    const message = world.text('last words', { client_msg_id: randomUUID() });
    alice.send('message.send', message);
    alice.close();
    expect((await bob.next('message.new')).data.client_msg_id).toBe(message.client_msg_id);
  });
});
