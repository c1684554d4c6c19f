import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { transports } from './support/clients.ts';
import { World } from './support/world.ts';

const typing = (world: World, is_typing: boolean) => ({
  chat_id: world.chat,
  user_id: world.alice,
  is_typing,
});

describe.each(transports)('typing on %s', (transport) => {
  it('is told to the others of the chat, and so is its end', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const laptop = await world.device(transport, world.alice);
    const bob = await world.device(transport === 'ws' ? 'socketio' : 'ws', world.bob);
    expect(await alice.ask('typing.start', { chat_id: world.chat })).toEqual({ ok: true, data: {} });
    expect((await bob.next('typing')).data).toEqual(typing(world, true));
    await alice.ask('typing.stop', { chat_id: world.chat });
    expect((await bob.next('typing')).data).toEqual(typing(world, false));
    expect(await laptop.rest('typing')).toEqual([]);
  });

  it('ends by itself when it is not renewed', async () => {
    await using world = await World.start({ typingMs: 30 });
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    await alice.ask('typing.start', { chat_id: world.chat });
    await bob.next('typing', (data) => data.is_typing);
    await bob.next('typing', (data) => !data.is_typing);
  });

  it('is told again at most every 2.5 s while it is renewed', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    await alice.ask('typing.start', { chat_id: world.chat });
    world.fake.clock.advance(1);
    await alice.ask('typing.start', { chat_id: world.chat });
    await bob.next('typing');
    expect(await bob.rest('typing')).toEqual([]);
    world.fake.clock.advance(1.6);
    await alice.ask('typing.start', { chat_id: world.chat });
    expect((await bob.next('typing')).data.is_typing).toBe(true);
    expect(await bob.rest('typing')).toEqual([]);
  });

  it('ends when a message is sent to the chat, from whichever device', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const laptop = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    await alice.ask('typing.start', { chat_id: world.chat });
    await bob.next('typing');
    await laptop.ask('message.send', world.text());
    expect((await bob.next('typing')).data).toEqual(typing(world, false));
    expect(await bob.rest('typing')).toEqual([]);
  });

  it('ends when the connection does', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const bob = await world.device(transport, world.bob);
    await alice.ask('typing.start', { chat_id: world.chat });
    await bob.next('typing');
    alice.close();
    expect((await bob.next('typing')).data).toEqual(typing(world, false));
  });

  it('is refused in chats of others', async () => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    for (const event of ['typing.start', 'typing.stop']) {
      const refused = await alice.ask(event, { chat_id: world.chatOf(world.bob, randomUUID()) });
      expect(refused).toMatchObject({ ok: false, error: { reason: 'CHAT_NOT_FOUND' } });
    }
    expect(world.fake.signals.sent).toEqual([]);
  });
});
