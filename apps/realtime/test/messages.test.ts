import { randomUUID } from 'node:crypto';
import { serverEvents } from '@parley/contract';
import { createChat } from '@parley/core';
import { describe, expect, it } from 'vitest';
import { transports } from './support/clients.ts';
import { until, World } from './support/world.ts';

describe.each([
  ['ws', 'socketio'],
  ['socketio', 'ws'],
] as const)('a message from %s to %s', (from, to) => {
  it('reaches every device of both but the one that sent it', async () => {
    await using world = await World.start();
    const phone = await world.device(from, world.alice);
    const laptop = await world.device(to, world.alice);
    const bobs = [await world.device(from, world.bob), await world.device(to, world.bob)];

    const message = world.text('See you at the lake? 🛶');
    const sent = await phone.ask('message.send', message);
    expect(sent).toMatchObject({ ok: true, data: { client_msg_id: message.client_msg_id, seq: 1 } });
    expect(serverEvents['message.sent'].parse(sent.ok && sent.data)).toEqual(sent.ok && sent.data);

    for (const device of [laptop, ...bobs]) {
      const { data } = await device.next('message.new');
      expect(serverEvents['message.new'].parse(data)).toEqual(data);
      expect(data).toMatchObject({
        message_id: sent.ok && sent.data.message_id,
        sender_id: world.alice,
        payload: message.payload,
        seq: 1,
        timestamp: sent.ok && sent.data.timestamp,
      });
      expect(await device.rest('message.new')).toEqual([]);
    }
    expect(await phone.rest('message.new')).toEqual([]);
    expect(await phone.rest('message.sent')).toEqual([]);
  });

  it('is told as delivered and as read, with its id', async () => {
    await using world = await World.start();
    const alice = await world.device(from, world.alice);
    const bob = await world.device(to, world.bob);
    const tablet = await world.device(from, world.bob);
    await alice.ask('message.send', world.text());
    const { data: message } = await bob.next('message.new');

    expect(await bob.ask('message.delivered', { message_ids: [message.message_id] })).toEqual({
      ok: true,
      data: {},
    });
    const delivered = await alice.next('message.status');
    expect(serverEvents['message.status'].parse(delivered.data)).toEqual(delivered.data);
    expect(delivered.data).toMatchObject({
      chat_id: world.chat,
      user_id: world.bob,
      status: 'delivered',
      message_id: message.message_id,
      message_ids: [message.message_id],
      up_to_seq: 1,
      state_version: 2,
    });

    const read = await bob.ask('message.read', { chat_id: world.chat, up_to_message_id: message.message_id });
    expect(read).toEqual({ ok: true, data: { unread_count: 0 } });
    expect((await alice.next('message.status')).data).toMatchObject({ status: 'read', state_version: 3 });
    // Bob's other device learns of both, the acting one of neither.
    expect((await tablet.next('message.status')).data.status).toBe('delivered');
    expect((await tablet.next('message.status')).data.status).toBe('read');
    expect(await bob.rest('message.status')).toEqual([]);
  });
});

describe.each(transports)('messages on %s', (transport) => {
  it('answers a repeated send with the first message and delivers it once', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    const message = world.text();
    const first = await alice.ask('message.send', message);
    const second = await alice.ask('message.send', message);
    expect(first.ok).toBe(true);
    expect(second).toEqual({ ok: true, data: { ...(first.ok && first.data), is_repeat: true } });
    await bob.next('message.new');
    expect(await bob.rest('message.new')).toEqual([]);
    const other = await alice.ask('message.send', { ...message, payload: { body: 'something else' } });
    expect(other).toMatchObject({ ok: false, error: { reason: 'CONFLICT' } });
  });

  it('answers only when the message is committed', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const commit = Promise.withResolvers<void>();
    world.fake.messages.hold = commit.promise;
    let answered = false;
    const sent = alice.ask('message.send', world.text()).then((answer) => {
      answered = true;
      return answer;
    });
    await alice.ask('ping');
    expect(answered).toBe(false);
    commit.resolve();
    expect((await sent).ok).toBe(true);
  });

  it('names several messages in one status', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    for (const body of ['one', 'two', 'three']) await alice.ask('message.send', world.text(body));
    const { data: last } = await bob.next('message.new', (data) => data.seq === 3);
    await bob.ask('message.read', { chat_id: world.chat, up_to_message_id: last.message_id });
    const { data } = await alice.next('message.status');
    expect(data).toMatchObject({ status: 'read', up_to_seq: 3 });
    expect(data.message_ids).toHaveLength(3);
    expect(data).not.toHaveProperty('message_id');
  });

  it('tells a private read as a delivery, and not at all if it was none', async () => {
    await using world = await World.start();
    world.fake.privacy.settings.set(world.bob, { read_receipts: false });
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    const tablet = await world.device(transport, world.bob);

    await alice.ask('message.send', world.text('one'));
    const { data: one } = await bob.next('message.new');
    await bob.ask('message.read', { chat_id: world.chat, up_to_message_id: one.message_id });
    expect((await alice.next('message.status')).data).toMatchObject({ status: 'delivered', up_to_seq: 1 });
    expect((await tablet.next('message.status')).data).toMatchObject({ status: 'read', up_to_seq: 1 });

    await alice.ask('message.send', world.text('two'));
    const { data: two } = await bob.next('message.new');
    await bob.ask('message.delivered', { message_ids: [two.message_id] });
    expect((await alice.next('message.status')).data.status).toBe('delivered');
    await bob.ask('message.read', { chat_id: world.chat, up_to_message_id: two.message_id });
    expect((await tablet.next('message.status', (data) => data.status === 'read')).data.up_to_seq).toBe(2);
    expect(await alice.rest('message.status')).toEqual([]);
  });

  it.each([
    ['a chat that does not exist', () => ({ chat_id: randomUUID() }), 'CHAT_NOT_FOUND', 4004],
    ['a chat of others', (w: World) => ({ chat_id: w.chatOf(w.bob, w.user()) }), 'CHAT_NOT_FOUND', 4004],
    ['no body', () => ({ payload: { body: '' } }), 'VALIDATION_ERROR', 4022],
  ])('refuses a message to %s', async (_what, change, reason, code) => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const refused = await alice.ask('message.send', { ...world.text(), ...change(world) });
    expect(refused).toMatchObject({ ok: false, error: { reason } });
    alice.send('message.send', { ...world.text(), ...change(world) });
    expect((await alice.next('error')).data).toMatchObject({ code, reason });
  });

  it('tells both of a new chat, each with their own user_version', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    const caller = { userId: world.alice, sessionId: '', requestId: 'test-request' };
    const { chat } = await createChat(world.fake.core, caller, { type: 'direct', participant_id: world.bob });
    for (const [device, version] of [
      [alice, 7],
      [bob, 9],
    ] as const) {
      const { data } = await device.next('chat.created');
      expect(serverEvents['chat.created'].parse(data)).toEqual(data);
      expect(data).toMatchObject({ chat_id: chat.chat_id, type: 'direct', user_version: version });
      expect(data.participants.map((p: { user_id: string }) => p.user_id).sort()).toEqual(
        [world.alice, world.bob].sort(),
      );
      expect(data.participants[0].display_name).not.toBe('');
    }
    expect(world.fake.bus.failures).toEqual([]);
  });

  it('counts connections, frames and deliveries', async () => {
    await using world = await World.start({ tickMs: 5 });
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    expect(await world.metric('parley_realtime_connections', { transport })).toBe(2);
    await alice.ask('message.send', world.text());
    await bob.next('message.new');
    await until(
      async () => (await world.metric('parley_realtime_deliveries_total', { event: 'message.new' })) === 1,
    );
    await until(
      async () =>
        (await world.metric('parley_realtime_frames_total', { event: 'message.send', outcome: 'ok' })) === 1,
    );
    alice.close();
    await until(async () => (await world.metric('parley_realtime_connections', { transport })) === 1);
  });
});
