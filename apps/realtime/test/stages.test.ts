/** The times that an operator sees of each stage of a message. */
import { describe, expect, it } from 'vitest';
import { transports } from './support/clients.ts';
import { until, World } from './support/world.ts';

const seconds = 'parley_message_stage_seconds_total';
const messages = 'parley_message_stage_messages_total';

describe.each(transports)('the stages of a message over %s', (transport) => {
  it('are counted once each, and frames that are no messages are not', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    for (let count = 1; count <= 3; count++) {
      await alice.ask('message.send', world.text());
      await bob.next('message.new');
    }
    for (const stage of ['validate', 'consume', 'fan_out']) {
      expect([stage, await world.metric(messages, { stage })]).toEqual([stage, 3]);
    }
    expect(await world.metric(seconds, { stage: 'validate' })).toBeGreaterThan(0);
    expect(await world.metric(seconds, { stage: 'fan_out' })).toBeGreaterThan(0);
  });

  it('tell how long ago the event was made when its delivery begins', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    await alice.ask('message.send', world.text());
    expect(await world.metric(seconds, { stage: 'consume' })).toBeLessThan(0.5);
    const [event] = world.fake.bus.published.filter((each) => each.event_type === 'msg.new');
    if (!event) throw new Error('nothing was published');
    world.fake.clock.advance(2);
    await world.fake.bus.publish([event]);
    await until(async () => (await world.metric(messages, { stage: 'consume' })) === 2);
    expect(await world.metric(seconds, { stage: 'consume' })).toBeGreaterThanOrEqual(2);
  });

  it('count every frame that is written', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const before = await world.metric(messages, { stage: 'write' });
    await alice.ask('ping');
    expect(await world.metric(messages, { stage: 'write' })).toBe(before + 1);
    expect(await world.metric(seconds, { stage: 'write' })).toBeGreaterThan(0);
  });
});
