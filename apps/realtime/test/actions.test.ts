/** What is done with a message that was sent: from the frame that asks for it to every device that is to know. */
import { randomUUID } from 'node:crypto';
import { serverEvents } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import { type TestClient, transports } from './support/clients.ts';
import { World } from './support/world.ts';

async function sent(world: World, from: TestClient, body = 'hello'): Promise<string> {
  const answer = await from.ask('message.send', world.text(body));
  if (!answer.ok) throw new Error('not sent');
  return answer.data.message_id;
}

describe.each(transports)('a message on %s', (transport) => {
  const other = transport === 'ws' ? 'socketio' : 'ws';

  it('that is deleted for everyone goes from every device, the one that asked included', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const laptop = await world.device(other, world.alice);
    const bob = await world.device(other, world.bob);
    const stranger = await world.device(transport, world.user());
    const id = await sent(world, alice);
    const answer = await alice.ask('message.delete', { message_id: id, for: 'everyone' });
    expect(answer).toEqual({ ok: true, data: { message_id: id, deleted_for: 'everyone' } });
    for (const device of [alice, laptop, bob]) {
      const { data } = await device.next('message.deleted');
      expect(serverEvents['message.deleted'].parse(data)).toEqual(data);
      expect(data).toMatchObject({ message_id: id, chat_id: world.chat, version: 2 });
    }
    expect(await stranger.rest('message.deleted')).toEqual([]);
    expect(world.fake.bus.failures).toEqual([]);
  });

  it("that is deleted for oneself goes from one's own devices alone", async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    const tablet = await world.device(other, world.bob);
    const id = await sent(world, alice);
    const answer = await bob.ask('message.delete', { message_id: id });
    expect(answer).toEqual({ ok: true, data: { message_id: id, deleted_for: 'me' } });
    for (const device of [bob, tablet]) {
      const { data } = await device.next('message.deleted');
      expect(serverEvents['message.deleted'].parse(data)).toEqual(data);
      expect(data).toEqual({ message_id: id, chat_id: world.chat, user_version: 1 });
    }
    expect(await alice.rest('message.deleted')).toEqual([]);
  });

  it('that is edited comes whole to every device', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(other, world.bob);
    const id = await sent(world, alice, 'See you at nine');
    const payload = { body: 'See you at ten' };
    const answer = await alice.ask('message.edit', { message_id: id, payload });
    expect(answer).toMatchObject({ ok: true, data: { message_id: id, payload, version: 2 } });
    for (const device of [alice, bob]) {
      const { data } = await device.next('message.edited');
      expect(serverEvents['message.edited'].parse(data)).toEqual(data);
      expect(data).toMatchObject({ message_id: id, payload, seq: 1, version: 2 });
      expect(data.edited_at).not.toBeNull();
    }
  });

  it('takes a reaction, another one, and none', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(other, world.bob);
    const id = await sent(world, alice);
    for (const [emoji, version] of [
      ['👍', 2],
      ['🛶', 3],
      [null, 4],
    ] as const) {
      const answer = await bob.ask('message.react', { message_id: id, emoji });
      const reactions = emoji === null ? {} : { [world.bob]: emoji };
      expect(answer).toEqual({ ok: true, data: { message_id: id, reactions } });
      for (const device of [alice, bob]) {
        const { data } = await device.next('message.reaction');
        expect(serverEvents['message.reaction'].parse(data)).toEqual(data);
        expect(data).toMatchObject({
          message_id: id,
          chat_id: world.chat,
          user_id: world.bob,
          emoji,
          version,
        });
      }
    }
  });

  it('that nobody knows, or that is of others, is not there', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const stranger = await world.device(transport, world.user());
    for (const message_id of [randomUUID(), await sent(world, alice)]) {
      for (const [event, more] of [
        ['message.delete', {}],
        ['message.delete', { for: 'everyone' }],
        ['message.edit', { payload: { body: 'mine' } }],
        ['message.react', { emoji: '👍' }],
      ] as const) {
        const refused = await stranger.ask(event, { message_id, ...more });
        expect(refused).toMatchObject({ ok: false, error: { reason: 'NOT_FOUND' } });
      }
    }
  });

  it('is changed in the order in which a connection asks, however uneven the look-ups are', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(other, world.bob);
    const id = await sent(world, alice, '-1');
    const byIds = world.fake.messages.byIds.bind(world.fake.messages);
    let turn = 0;
    world.fake.messages.byIds = async (ids) => {
      for (let i = turn++ % 7; i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
      return byIds(ids);
    };
    const bodies = Array.from({ length: 30 }, (_, index) => `${index}`);
    await Promise.all(bodies.map((body) => alice.ask('message.edit', { message_id: id, payload: { body } })));
    const seen: string[] = [];
    for (const _ of bodies) seen.push((await bob.next('message.edited')).data.payload.body);
    expect(seen).toEqual(bodies);
  });
});
