/** What one instance hands to others and takes from them. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { until, World } from './support/world.ts';

async function cluster() {
  const world = await World.start();
  world.fake.fanOut.solitary = false;
  return world;
}

function packet(world: World, version: number, id: string | null = `place:${world.chat}:${version}`) {
  return {
    id,
    topics: [world.alice, world.bob],
    except: null,
    event: 'message.new',
    data: JSON.stringify({ version }),
  };
}

describe('in a cluster', () => {
  it('tells other instances who is connected here, before the client knows that it is', async () => {
    await using world = await cluster();
    const alice = await world.device('ws', world.alice);
    const phone = await world.device('socketio', world.alice);
    expect(world.fake.fanOut.topics.has(world.alice)).toBe(true);
    expect(world.fake.fanOut.topics.has(world.bob)).toBe(false);
    await phone.ask('presence.subscribe', { user_ids: [world.bob] });
    expect(world.fake.fanOut.topics.has(`watch:${world.bob}`)).toBe(true);
    await phone.ask('presence.unsubscribe', { user_ids: [world.bob] });
    expect(world.fake.fanOut.topics.has(`watch:${world.bob}`)).toBe(false);
    alice.close();
    await alice.closed;
  });

  it('hands a message to the others with the very bytes of its own frames', async () => {
    await using world = await cluster();
    const alice = await world.device('ws', world.alice);
    const bob = await world.device('socketio', world.bob);
    await alice.ask('message.send', world.text('hello'));
    const { data } = await bob.next('message.new');
    const sent = world.fake.fanOut.sent.find((one) => one.event === 'message.new');
    expect(sent).toMatchObject({ id: `place:${world.chat}:${data.version}` });
    expect(sent?.topics.sort()).toEqual([world.alice, world.bob].sort());
    expect(JSON.parse(sent?.data ?? '')).toEqual(data);
  });

  it('delivers what others hand over, once and in the order of the chat', async () => {
    await using world = await cluster();
    const bob = await world.device('ws', world.bob);
    for (const version of [1, 3, 3, 2, 1]) world.fake.fanOut.receive(packet(world, version));
    const versions = [];
    for (let n = 0; n < 3; n++) versions.push((await bob.next('message.new')).data.version);
    expect(versions).toEqual([1, 2, 3]);
    expect(await bob.rest('message.new')).toEqual([]);
  });

  it('keeps the order also across what is for none of the members here', async () => {
    await using world = await cluster();
    const bob = await world.device('ws', world.bob);
    const { receive } = world.fake.fanOut;
    receive(packet(world, 1));
    const { data, ...reaction } = packet(world, 3);
    receive({ ...reaction, event: 'shared:message.reaction', data: `[["${world.bob}"]]\n${data}\n` });
    receive(packet(world, 4));
    receive(packet(world, 2));
    const versions = [];
    for (let n = 0; n < 3; n++) versions.push((await bob.next('message.new')).data.version);
    expect(versions).toEqual([1, 2, 4]);
    expect(await bob.rest('message.reaction')).toEqual([]);
  });

  it('serves its own sessions while others cannot be reached, and hands over what waited, in order', async () => {
    await using world = await cluster();
    const bob = await world.device('ws', world.bob);
    const alice = await world.device('ws', world.alice);
    const { fanOut, bus } = world.fake;
    fanOut.failing = true;
    for (const body of ['one', 'two', 'three']) {
      await alice.ask('message.send', world.text(body));
      expect((await bob.next('message.new')).data.payload).toEqual({ body });
    }
    await alice.ask('typing.start', { chat_id: world.chat });
    expect(bus.failures).toEqual([]);
    expect(fanOut.sent.filter((one) => one.event === 'message.new')).toEqual([]);
    fanOut.failing = false;
    const messages = () => fanOut.sent.filter((one) => one.event === 'message.new');
    await until(() => messages().length === 3);
    expect(messages().map((one) => JSON.parse(one.data).payload.body)).toEqual(['one', 'two', 'three']);
    // What somebody typed then is nobody's business now.
    expect(fanOut.sent.filter((one) => one.event === 'typing')).toEqual([]);
    await alice.ask('message.send', world.text('four'));
    await until(() => messages().length === 4);
  });

  it('hands over again what comes after something that does not wait', async () => {
    await using world = await cluster();
    const alice = await world.device('ws', world.alice);
    const { fanOut } = world.fake;
    fanOut.failing = true;
    await alice.ask('typing.start', { chat_id: world.chat });
    fanOut.failing = false;
    await alice.ask('typing.stop', { chat_id: world.chat });
    const typing = () => fanOut.sent.filter((one) => one.event === 'typing');
    await until(() => typing().length === 1);
    expect(JSON.parse(typing()[0]?.data ?? '')).toMatchObject({ is_typing: false });
  });

  it('delivers an event once, however often it comes', async () => {
    await using world = await cluster();
    const bob = await world.device('ws', world.bob);
    const alice = await world.device('ws', world.alice);
    await alice.ask('message.send', world.text('hello'));
    await bob.next('message.new');
    const event = world.fake.bus.published.find((one) => one.event_type === 'msg.new');
    if (event) await world.fake.bus.publish([event]);
    expect(await bob.rest('message.new')).toEqual([]);
  });

  it('passes typing on to the instances of the others alone', async () => {
    await using world = await cluster();
    const alice = await world.device('ws', world.alice);
    await alice.ask('typing.start', { chat_id: world.chat });
    const typing = world.fake.fanOut.sent.filter((one) => one.event === 'typing');
    expect(typing).toMatchObject([{ topics: [world.bob], id: null }]);
  });

  it('closes sessions that were signed out while kicks could not be heard', async () => {
    await using world = await cluster();
    const session = randomUUID();
    const alice = await world.device('ws', world.alice, world.token(world.alice, session));
    const other = await world.device('ws', world.alice);
    world.fake.keyValue.values.set(`deny:${session}`, '1');
    world.fake.signals.gap();
    expect((await alice.closed).code).toBe(4001);
    await other.ask('ping');
    await until(() => world.realtime.connections() === 1);
  });
});

it('delivers after a long outage what waited, and lets go what is older than any instance', async () => {
  await using world = await World.start();
  const started = world.fake.clock.now();
  const alice = await world.device('ws', world.alice);
  const bob = await world.device('ws', world.bob);
  await alice.ask('message.send', world.text('hello'));
  await bob.next('message.new');
  const event = world.fake.bus.published.find((one) => one.event_type === 'msg.new');
  if (!event) throw new Error('nothing was published');
  world.fake.clock.advance(11 * 60);
  await bob.ask('ping');
  await world.fake.bus.publish([event]);
  expect((await bob.next('message.new')).data.payload).toEqual({ body: 'hello' });
  const ancient = new Date(started - 11 * 60_000).toISOString();
  await world.fake.bus.publish([{ ...event, timestamp: ancient }]);
  expect(await bob.rest('message.new')).toEqual([]);
});
