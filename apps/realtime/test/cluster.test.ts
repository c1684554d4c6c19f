/** Two instances of one cluster: everybody is told wherever they are connected, whichever instance takes the event. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { TestClient } from './support/clients.ts';
import { until, World } from './support/world.ts';

/** Far longer than a test lasts: whatever waits for a number that does not come makes the test fail. */
const holdMs = 600_000;

async function cluster() {
  const one = await World.start({ holdMs });
  const two = await World.start({ holdMs }, one);
  return {
    one,
    two,
    async [Symbol.asyncDispose]() {
      await one[Symbol.asyncDispose]();
      await two[Symbol.asyncDispose]();
    },
  };
}

async function say(world: World, from: TestClient, chat_id: string, body: string) {
  const answer = await from.ask('message.send', world.text(body, { chat_id }));
  if (!answer.ok) throw new Error('not sent');
  return answer.data as { message_id: string; seq: number };
}

describe.each([0, 1])('where instance %i takes the events', (taker) => {
  it.each(['one', 'two'] as const)(
    'changes reach those who see the message, on instance %s, and no others wait',
    async (name) => {
      await using worlds = await cluster();
      const { one, two } = worlds;
      one.fake.bus.taker = taker;
      const late = one.user();
      const chat = one.chatOf(one.alice, one.bob, late);
      const alice = await one.device('ws', one.alice);
      const bob = await worlds[name].device('socketio', one.bob);
      const newcomer = await two.device('ws', late);

      const first = await say(one, alice, chat, 'first');
      await newcomer.next('message.new');
      one.fake.chats.replace(chat, ({ members }) => {
        for (const member of members.values()) if (member.user_id === late) member.joined_seq = first.seq;
      });
      for (const { fake } of [one, two]) fake.core.chatCache.invalidate(chat);

      const id = first.message_id;
      await alice.ask('message.react', { message_id: id, emoji: '👍' });
      await alice.ask('message.edit', { message_id: id, payload: { body: 'changed' } });
      await alice.ask('message.delete', { message_id: id, for: 'everyone' });
      await say(one, alice, chat, 'second');
      expect((await newcomer.next('message.new')).data).toMatchObject({ seq: 2, version: 5 });
      await newcomer.ask('ping');
      expect(newcomer.received).toEqual([]);
      await bob.next('message.new', (data) => data.version === 5);
      for (const device of [alice, bob]) {
        const own = device.received.filter(({ event }) => event !== 'message.new');
        expect(own.map(({ event, data }) => [event, data.version])).toEqual([
          ['message.reaction', 2],
          ['message.edited', 3],
          ['message.deleted', 4],
        ]);
      }
      expect(one.fake.bus.failures).toEqual([]);
    },
  );

  it('a reply comes without its preview to those who joined after what it replies to', async () => {
    await using worlds = await cluster();
    const { one, two } = worlds;
    one.fake.bus.taker = taker;
    const devices = [await one.device('ws', one.alice), await two.device('socketio', one.bob)] as const;
    const first = await say(one, devices[0], one.chat, 'first');
    await devices[1].next('message.new');
    const reply = one.text('second', { reply_to_message_id: first.message_id });
    await devices[0].ask('message.send', reply);
    await devices[1].next('message.new');
    const event = one.fake.bus.published.findLast((published) => published.event_type === 'msg.new');
    if (event?.event_type !== 'msg.new') throw new Error('nothing was published');
    // The same once more, as if bob had joined in between.
    const { payload } = event;
    const message = { ...payload.message, version: 3, payload: { body: 'third' } };
    await one.publish('msg.new', { ...payload, message, unquoted: [one.bob], origin: null });
    const [seen, unseen] = [await devices[0].next('message.new'), await devices[1].next('message.new')];
    expect(seen.data).toMatchObject({ version: 3, reply_to_preview: { preview: 'first' } });
    expect(unseen.data).toMatchObject({ version: 3, reply_to_preview: null });
  });

  it('the coming and going of members is told everywhere, and the one who went gets nothing after it', async () => {
    await using worlds = await cluster();
    const { one, two } = worlds;
    one.fake.bus.taker = taker;
    const carol = one.user();
    const chat = one.chatOf(one.alice, one.bob, carol);
    const alice = await one.device('ws', one.alice);
    const bob = await two.device('socketio', one.bob);
    const carols = [await one.device('socketio', carol), await two.device('ws', carol)];
    const everyone = [one.alice, one.bob, carol];
    const about = { chat_id: chat, user_id: carol };

    const added = { ...about, added_by: one.alice, state_version: 3, user_version: 8 };
    await one.publish('group.member.added', { ...added, recipients: everyone });
    for (const device of [alice, bob]) {
      expect((await device.next('group.member.added')).data).not.toHaveProperty('user_version');
    }
    for (const device of carols) {
      expect((await device.next('group.member.added')).data).toMatchObject({ ...about, user_version: 8 });
    }

    const removed = { ...about, removed_by: one.alice, state_version: 4, user_version: 9 };
    await one.publish('group.member.removed', { ...removed, recipients: everyone });
    for (const device of [alice, bob]) {
      expect((await device.next('group.member.removed')).data).toEqual({ ...about, state_version: 4 });
    }
    for (const device of carols) {
      const data = { ...about, state_version: 4, user_version: 9 };
      expect((await device.next('group.member.removed')).data).toEqual(data);
    }
    // Sent as if the sender's instance did not know yet.
    await say(one, alice, chat, 'she is gone');
    await alice.ask('typing.start', { chat_id: chat });
    await bob.next('message.new');
    await bob.next('typing');
    for (const device of carols) {
      await device.ask('ping');
      expect(device.received).toEqual([]);
    }
  });

  it("a user's own changes and a changed chat reach every device, once", async () => {
    await using worlds = await cluster();
    const { one, two } = worlds;
    one.fake.bus.taker = taker;
    const devices = [await one.device('ws', one.alice), await two.device('socketio', one.alice)];
    const bob = await two.device('ws', one.bob);
    const change = { kind: 'hide' as const, chat_id: one.chat, message_id: randomUUID() };
    await one.publish('user.updated', { user_id: one.alice, user_version: 4, change });
    await one.publish('chat.updated', {
      ...{ chat_id: one.chat, changes: { auto_delete_seconds: 86_400 }, state_version: 2 },
      ...{ updated_by: one.bob, recipients: [one.alice, one.bob] },
    });
    for (const device of devices) {
      expect((await device.next('message.deleted')).data).toMatchObject({ user_version: 4 });
      expect((await device.next('chat.updated')).data).toMatchObject({ state_version: 2 });
      await device.ask('ping');
      expect(device.received).toEqual([]);
    }
    await bob.next('chat.updated');
    expect(await bob.rest('message.deleted')).toEqual([]);
  });

  it('nothing of a presence is sent to an instance where nobody watches', async () => {
    await using worlds = await cluster();
    const { one, two } = worlds;
    one.fake.bus.taker = taker;
    const alice = await one.device('ws', one.alice);
    const received: string[] = [];
    for (const { fake } of [one, two]) {
      const receive = fake.fanOut.receive;
      fake.fanOut.receive = (packet) => {
        received.push(packet.event);
        receive(packet);
      };
    }
    await two.device('ws', one.bob);
    expect(received).toEqual([]);
    await alice.ask('presence.subscribe', { user_ids: [one.bob] });
    expect((await alice.next('presence')).data.online).toBe(true);
    const tablet = one.user();
    const other = await two.device('ws', tablet);
    other.close();
    await until(() => !one.fake.presence.leases.has(tablet));
    expect(received).toEqual([]);
  });
});
