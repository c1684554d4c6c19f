/** What members of a group are told of it, and what nobody is told who was removed. */
import { randomUUID } from 'node:crypto';
import { type Message, type ServerEvent, serverEvents } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import { type Received, transports } from './support/clients.ts';
import { World } from './support/world.ts';

function checked(event: ServerEvent, frame: Received) {
  expect(serverEvents[event].parse(frame.data)).toEqual(frame.data);
  return frame.data;
}

async function group(transport: 'ws' | 'socketio') {
  const world = await World.start();
  const carol = world.user();
  const chat = world.chatOf(world.alice, world.bob, carol);
  const devices = {
    alice: await world.device(transport, world.alice),
    bob: await world.device(transport === 'ws' ? 'socketio' : 'ws', world.bob),
    carol: await world.device(transport, carol),
    stranger: await world.device(transport, world.user()),
  };
  return { world, carol, chat, devices };
}

/** A message event as it looks to an instance whose sender did not know of a removal yet. */
function late(chat: string, sender: string, seq: number): Message {
  const at = '2026-03-01T09:21:07.120Z';
  return {
    message_id: randomUUID(),
    chat_id: chat,
    sender_id: sender,
    client_msg_id: randomUUID(),
    seq,
    version: seq,
    type: 'text',
    payload: { body: '"user_version":1, he said' },
    reply_to_message_id: null,
    reply_to_preview: null,
    forwarded: false,
    forwarded_from: null,
    reactions: {},
    status: 'sent',
    is_deleted: false,
    is_starred: false,
    media: null,
    created_at: at,
    updated_at: at,
    edited_at: null,
    expires_at: null,
  };
}

const newMessage = (message: Message, recipients: string[]) => ({
  ...{ message, recipients },
  ...{ unquoted: [], origin: null },
});

describe.each(transports)('a group on %s', (transport) => {
  it('that changes is told to its members', async () => {
    const { world, chat, carol, devices } = await group(transport);
    await using _ = world;
    await world.publish('chat.updated', {
      chat_id: chat,
      changes: { name: 'At the lake', roles: { [carol]: 'admin' } },
      state_version: 5,
      updated_by: world.alice,
      recipients: [world.alice, world.bob, carol],
    });
    for (const device of [devices.alice, devices.bob, devices.carol]) {
      expect(checked('chat.updated', await device.next('chat.updated'))).toEqual({
        chat_id: chat,
        changes: { name: 'At the lake', roles: { [carol]: 'admin' } },
        state_version: 5,
      });
    }
    expect(await devices.stranger.rest('chat.updated')).toEqual([]);
  });

  it('tells who was added by name, and the one with a number of its own', async () => {
    const { world, chat, carol, devices } = await group(transport);
    await using _ = world;
    await world.publish('group.member.added', {
      chat_id: chat,
      user_id: carol,
      added_by: world.alice,
      state_version: 6,
      user_version: 12,
      recipients: [world.alice, world.bob, carol],
    });
    const about = {
      chat_id: chat,
      user_id: carol,
      display_name: `User ${carol.slice(-4)}`,
      state_version: 6,
    };
    for (const device of [devices.alice, devices.bob]) {
      expect(checked('group.member.added', await device.next('group.member.added'))).toEqual(about);
    }
    const own = checked('group.member.added', await devices.carol.next('group.member.added'));
    expect(own).toEqual({ ...about, user_version: 12 });
    for (const device of Object.values(devices)) expect(await device.rest('group.member.added')).toEqual([]);
  });

  it('tells who was removed, and tells that one nothing more', async () => {
    const { world, chat, carol, devices } = await group(transport);
    await using _ = world;
    const everyone = [world.alice, world.bob, carol];
    const removal = { chat_id: chat, user_id: carol, removed_by: world.alice, state_version: 7 };
    await world.publish('group.member.removed', { ...removal, user_version: 13, recipients: everyone });
    const about = { chat_id: chat, user_id: carol, state_version: 7 };
    for (const device of [devices.alice, devices.bob]) {
      expect(checked('group.member.removed', await device.next('group.member.removed'))).toEqual(about);
    }
    const own = checked('group.member.removed', await devices.carol.next('group.member.removed'));
    expect(own).toEqual({ ...about, user_version: 13 });

    // What was on its way, with the receivers of before.
    await world.publish('msg.new', newMessage(late(chat, world.alice, 4), everyone));
    const reaction = { chat_id: chat, message_id: randomUUID(), seq: 1, version: 5, user_id: world.bob };
    const timestamp = '2026-03-01T09:21:07.120Z';
    await world.publish('msg.reaction', { ...reaction, emoji: '👍', timestamp, recipients: everyone });
    const changes = { name: 'Without Carol' };
    await world.publish('chat.updated', {
      ...{ chat_id: chat, changes, state_version: 8, updated_by: world.alice },
      recipients: everyone,
    });
    await devices.alice.ask('typing.start', { chat_id: chat });
    await devices.bob.next('typing');
    await devices.bob.next('message.new');
    await devices.bob.next('chat.updated');
    await devices.carol.ask('ping');
    expect(devices.carol.received).toEqual([]);

    // What is Carol's alone still comes, and so does everything once she is back, whichever event is late.
    const star = { kind: 'star' as const, chat_id: chat, message_id: randomUUID(), is_starred: true };
    await world.publish('user.updated', { user_id: carol, user_version: 14, change: star });
    checked('message.starred', await devices.carol.next('message.starred'));
    const back = { chat_id: chat, user_id: carol, added_by: world.alice, state_version: 9, user_version: 15 };
    await world.publish('group.member.added', { ...back, recipients: everyone });
    await devices.carol.next('group.member.added');
    await world.publish('group.member.removed', { ...removal, user_version: 13, recipients: [] });
    await world.publish('msg.new', newMessage(late(chat, world.bob, 6), everyone));
    await devices.carol.next('message.new', (data) => data.seq === 6);
  });

  it('shows no preview to those who joined after what is replied to', async () => {
    const { world, chat, carol, devices } = await group(transport);
    await using _ = world;
    const preview = {
      message_id: randomUUID(),
      sender_id: world.bob,
      type: 'text' as const,
      preview: 'secret',
    };
    const message = { ...late(chat, world.alice, 2), reply_to_preview: preview };
    const to = { recipients: [world.alice, world.bob, carol], unquoted: [carol] };
    await world.publish('msg.new', { message, ...to, origin: null });
    await world.publish('msg.edited', { message: { ...message, version: 3 }, ...to });
    for (const event of ['message.new', 'message.edited'] as const) {
      expect(checked(event, await devices.bob.next(event)).reply_to_preview).toEqual(preview);
      expect(checked(event, await devices.carol.next(event)).reply_to_preview).toBeNull();
    }
  });

  it('forgets the members that it knew, before anybody is told of a change', async () => {
    const { world, chat, carol, devices } = await group(transport);
    await using _ = world;
    await devices.carol.ask('typing.start', { chat_id: chat });
    world.fake.chats.replace(chat, (record) => {
      for (const member of record.members.values()) if (member.user_id === carol) member.left_seq = 0;
    });
    const about = { chat_id: chat, user_id: carol, removed_by: carol, state_version: 2, user_version: 3 };
    await world.publish('group.member.removed', { ...about, recipients: [world.alice, world.bob, carol] });
    const refused = await devices.carol.ask('message.send', world.text('still here', { chat_id: chat }));
    expect(refused).toMatchObject({ ok: false, error: { reason: 'NOT_CHAT_MEMBER' } });
  });

  it('that is new is told to all with the photos that each may see, by few look-ups', async () => {
    await using world = await World.start();
    const members = Array.from({ length: 100 }, () => world.user());
    const [shy, open] = members as [string, string];
    for (const id of [shy, open]) {
      const user = world.fake.users.records.get(id);
      if (user) user.avatar_url = `https://photos.example.org/${id}`;
    }
    world.fake.privacy.settings.set(shy, { profile_photo: 'contacts' });
    world.fake.privacy.contacts.set(shy, world.alice, true);
    world.fake.privacy.blocks.set(open, world.bob, true);
    const everyone = [world.alice, world.bob, ...members];
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    await world.publish('chat.created', {
      chat_id: randomUUID(),
      type: 'group',
      name: 'Lake',
      created_by: world.alice,
      participants: everyone.map((user_id) => ({
        ...{ user_id, display_name: '', avatar_url: '', role: 'member' as const },
        joined_at: '2026-03-01T09:20:00.000Z',
      })),
      state_version: 1,
      user_versions: { [world.alice]: 3, [world.bob]: 4 },
    });
    const photos = { alice: [shy, open], bob: [] as string[] };
    for (const [name, device, user_version] of [
      ['alice', alice, 3],
      ['bob', bob, 4],
    ] as const) {
      const data = checked('chat.created', await device.next('chat.created'));
      expect(data).toMatchObject({ type: 'group', name: 'Lake', user_version });
      const { participants } = serverEvents['chat.created'].parse(data);
      expect(participants.map((one) => one.user_id)).toEqual(everyone);
      expect(participants.every((one) => one.display_name !== '')).toBe(true);
      const shown = participants.filter((one) => one.avatar_url !== '').map((one) => one.user_id);
      expect(shown).toEqual(photos[name]);
    }
    // Two viewers, two photos.
    expect(world.fake.privacy.queries).toEqual([4]);
  });
});
