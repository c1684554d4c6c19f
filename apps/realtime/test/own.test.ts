/** What concerns a user alone, and what others may see of that user after it. */
import { randomUUID } from 'node:crypto';
import { type BusPayload, type ServerEvent, serverEvents } from '@parley/contract';
import { blockUser, unblockUser, updatePrivacy } from '@parley/core';
import { describe, expect, it } from 'vitest';
import { type TestClient, transports } from './support/clients.ts';
import { World } from './support/world.ts';

const chat_id = randomUUID();
const message_id = randomUUID();
const target = randomUUID();

const caller = (userId: string) => ({ userId, sessionId: '', requestId: 'test-request' });
const hidden = (user_id: string) => ({ user_id, online: null, last_seen: null });

async function watch(device: TestClient, userId: string) {
  await device.ask('presence.subscribe', { user_ids: [userId] });
  return (await device.next('presence')).data;
}

describe.each(transports)("a user's own devices on %s", (transport) => {
  it.each<[BusPayload<'user.updated'>['change'], ServerEvent, object]>([
    [
      { kind: 'chat', chat_id, changes: { is_pinned: true } },
      'chat.updated',
      { chat_id, changes: { is_pinned: true } },
    ],
    [
      { kind: 'star', chat_id, message_id, is_starred: true },
      'message.starred',
      { chat_id, message_id, is_starred: true },
    ],
    [{ kind: 'hide', chat_id, message_id }, 'message.deleted', { chat_id, message_id }],
    [{ kind: 'profile' }, 'user.updated', { kind: 'profile', user_id: null }],
    [{ kind: 'privacy' }, 'user.updated', { kind: 'privacy', user_id: null }],
    [{ kind: 'contacts' }, 'user.updated', { kind: 'contacts', user_id: null }],
    [{ kind: 'block', user_id: target, blocked: true }, 'user.updated', { kind: 'block', user_id: target }],
  ])('are told, and no others: %o', async (change, event, data) => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const laptop = await world.device(transport === 'ws' ? 'socketio' : 'ws', world.alice);
    const bob = await world.device(transport, world.bob);
    await world.publish('user.updated', { user_id: world.alice, user_version: 31, change });
    for (const device of [alice, laptop]) {
      const frame = await device.next(event);
      expect(frame.data).toEqual({ ...data, user_version: 31 });
      expect(serverEvents[event].parse(frame.data)).toEqual(frame.data);
    }
    await bob.ask('ping');
    expect(bob.received).toEqual([]);
  });
});

describe.each([1, 2])('on %i instances, who watches', (instances) => {
  async function start() {
    const one = await World.start();
    const two = instances === 2 ? await World.start({}, one) : one;
    const worlds = new Set([one, two]);
    return {
      one,
      two,
      async [Symbol.asyncDispose]() {
        for (const world of worlds) await world[Symbol.asyncDispose]();
      },
    };
  }

  it('learns at once, and once, that somebody hides, and how it is when they show themselves again', async () => {
    await using worlds = await start();
    const { one, two } = worlds;
    const bob = await one.device('ws', one.bob);
    const alice = await two.device('socketio', two.alice);
    expect(await watch(alice, one.bob)).toMatchObject({ online: true });
    for (let n = 0; n < 2; n++) await updatePrivacy(one.fake.core, caller(one.bob), { last_seen: 'nobody' });
    expect((await alice.next('presence')).data).toEqual(hidden(one.bob));
    await bob.next('user.updated');
    await bob.next('user.updated');
    await alice.ask('ping');
    expect(await alice.rest('presence')).toEqual([]);
    await updatePrivacy(one.fake.core, caller(one.bob), { last_seen: 'everyone' });
    expect((await alice.next('presence')).data).toMatchObject({ user_id: one.bob, online: true });
    expect(await alice.rest('user.updated')).toEqual([]);
  });

  it('sees those into whose contacts it came', async () => {
    await using worlds = await start();
    const { one, two } = worlds;
    await one.device('ws', one.bob);
    one.fake.privacy.settings.set(one.bob, { last_seen: 'contacts' });
    const alice = await two.device('ws', two.alice);
    expect(await watch(alice, one.bob)).toEqual(hidden(one.bob));
    one.fake.privacy.contacts.set(one.bob, one.alice, true);
    await one.publish('user.updated', { user_id: one.bob, user_version: 1, change: { kind: 'contacts' } });
    expect((await alice.next('presence')).data).toMatchObject({ user_id: one.bob, online: true });
  });

  it('sees nobody by whom it is blocked, nor whom it blocks; others do', async () => {
    await using worlds = await start();
    const { one, two } = worlds;
    const bob = await one.device('ws', one.bob);
    const alice = await two.device('socketio', two.alice);
    const carol = await two.device('ws', two.user());
    expect(await watch(alice, one.bob)).toMatchObject({ online: true });
    expect(await watch(bob, one.alice)).toMatchObject({ online: true });
    expect(await watch(carol, one.bob)).toMatchObject({ online: true });
    const queries = one.fake.privacy.queries.length;
    await blockUser(one.fake.core, caller(one.bob), { id: one.alice });
    expect((await alice.next('presence')).data).toEqual(hidden(one.bob));
    expect((await bob.next('presence')).data).toEqual(hidden(one.alice));
    // Only the two are looked at, whoever else watches.
    const asked = one.fake.privacy.queries.slice(queries).reduce((sum, pairs) => sum + pairs, 0);
    expect(asked).toBe(2);
    await unblockUser(one.fake.core, caller(one.bob), { id: one.alice });
    expect((await alice.next('presence')).data).toMatchObject({ user_id: one.bob, online: true });
    expect((await bob.next('presence')).data).toMatchObject({ user_id: one.alice, online: true });
    expect(await carol.rest('presence')).toEqual([]);
  });

  it('cannot write to whom it blocked: what was cached of their chat is forgotten', async () => {
    await using worlds = await start();
    const { one, two } = worlds;
    const alice = await one.device('ws', two.alice);
    expect((await alice.ask('message.send', one.text())).ok).toBe(true);
    one.fake.chats.replace(one.chat, (chat) => {
      chat.blocked = true;
    });
    const change = { kind: 'block' as const, user_id: one.alice, blocked: true };
    await one.publish('user.updated', { user_id: one.bob, user_version: 1, change });
    expect(await alice.ask('message.send', one.text())).toMatchObject({ error: { reason: 'USER_BLOCKED' } });
  });
});
