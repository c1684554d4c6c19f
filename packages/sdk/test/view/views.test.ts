// The views on a live connection: what they show is what the server says, whatever happens on the way.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Refused } from '../support/accounts.ts';
import { converged, startWorld, until, type World } from '../support/chat-world.ts';
import { signedIn, status } from '../support/client.ts';
import { failed } from '../support/server.ts';

const text = (body: string) => ({ type: 'text' as const, payload: { body } });

/** A world with a few messages, of which the client shows all. */
async function showing(timing = {}): Promise<World & { other: string }> {
  const world = await startWorld(timing);
  const { client, model, chatId } = world;
  const other = model.everyone[1] ?? '';
  for (let at = 0; at < 3; at++) model.send(other, `hello ${at}`);
  model.told.length = 0;
  await client.realtime.connect();
  await client.chats.load();
  await client.messages(chatId).load();
  await converged(world);
  return { ...world, other };
}

describe('a chat that is shown', () => {
  test('follows what happens in it, and fetches nothing for what came in order', async () => {
    const world = await showing();
    const { model, other, tell, calls, client, chatId } = world;
    const before = calls.get('messages.list');
    model.send(other, 'one');
    model.send(model.me, 'from my phone', { replyTo: 0 });
    model.react(other, 1, '🛶');
    model.edit(3, 'two');
    model.deleteForAll(0);
    model.deleteForMe(1);
    model.star(2);
    model.rename('Pier');
    model.mute();
    tell();
    await converged(world);
    expect(calls.get('messages.list')).toBe(before);
    expect(client.chats.find(chatId)).toMatchObject({ name: 'Pier', is_muted: true, unread_count: 2 });
  });

  test('is asked for alone, with the user’s number, over the live connection, where an event is missing', async () => {
    const world = await showing();
    const { model, other, tell, asked, chatId, calls } = world;
    await world.client.settled();
    asked.length = 0;
    const { version, state_version } = model.chat();
    const pages = calls.get('messages.list');
    model.send(other, 'lost');
    model.told.length = 0;
    model.send(other, 'seen');
    tell();
    await until(() => expect(world.client.messages(chatId).all).toHaveLength(5));
    const chats = { [chatId]: { version, state_version } };
    expect(asked).toEqual([
      { by: 'socket', input: expect.objectContaining({ user: model.userVersion, chats }) },
    ]);
    expect(calls.get('messages.list')).toBe(pages);
    await converged(world);
  });

  test('has what came when the program hears of it, whenever that began to listen', async () => {
    const { client, model, chatId, tell } = await startWorld();
    const view = client.messages(chatId);
    const shown: unknown[] = [];
    // Before anything was loaded that fills the view.
    client.realtime.on('message.new', ({ message_id }) => {
      shown.push(view.all.some((message) => 'message_id' in message && message.message_id === message_id));
    });
    await client.realtime.connect();
    await view.load();
    model.send(model.everyone[1] ?? '', 'hello');
    tell();
    await until(() => expect(shown).toEqual([true]));
  });

  test('asks for nothing where events only overtook each other', async () => {
    const world = await showing({ gapMs: 100 });
    const { model, other, tell, asked, client, chatId } = world;
    await client.settled();
    asked.length = 0;
    for (let at = 0; at < 5; at++) model.send(other, `swapped ${at}`);
    for (let at = 0; at < 5; at++) model.mute();
    model.told.reverse();
    tell();
    const view = client.messages(chatId);
    await until(() => expect(view.all).toHaveLength(8));
    await until(() => expect(client.chats.find(chatId)?.is_muted).toBe(true));
    expect(asked).toEqual([]);
    await converged(world);
  });

  test('asks for what is the user’s own where its number jumps, and for no chat', async () => {
    const world = await showing();
    const { model, tell, asked, client, chatId } = world;
    await client.settled();
    asked.length = 0;
    const { userVersion } = model;
    model.star(0);
    model.told.length = 0;
    model.mute();
    tell();
    await until(() => expect(client.messages(chatId).all[0]).toMatchObject({ is_starred: true }));
    expect(asked).toEqual([
      { by: 'socket', input: expect.objectContaining({ user: userVersion, chats: {} }) },
    ]);
    await converged(world);
  });

  test('keeps its messages where it is removed, and begins anew where it is let in again', async () => {
    const world = await showing();
    const { model, other, tell, client, chatId } = world;
    const view = client.messages(chatId);
    model.toggleMember(model.me);
    tell();
    await until(() => expect(view.chat?.is_member).toBe(false));
    expect([view.all.length, view.participants]).toEqual([3, []]);
    model.send(other, 'not for me');
    model.toggleMember(model.me);
    model.send(other, 'welcome');
    tell();
    await converged(world);
    expect(view.all).toMatchObject([{ type: 'system' }, { payload: { body: 'welcome' } }]);
  });

  test('has what came while its page was on its way, and not what was deleted meanwhile', async () => {
    const world = await showing();
    const { model, other, tell, server, client, chatId } = world;
    const view = client.messages(chatId);
    for (let at = 0; at < 150; at++) model.send(other, `more ${at}`);
    model.told.length = 0;
    await client.chats.load();
    view.release();
    await world.client.close();
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const again = await signedIn(server, {}, { gapMs: 10 });
    await again.realtime.connect();
    const shown = again.messages(chatId);
    await again.chats.load();
    const list = server.overrides['messages.list'];
    server.overrides['messages.list'] = async (input, context) => {
      const page = list?.(input, context);
      begun.resolve();
      await held.promise;
      return page;
    };
    const loading = shown.load();
    await begun.promise;
    if (list) server.overrides['messages.list'] = list;
    model.send(other, 'meanwhile');
    model.deleteForAll(130);
    model.deleteForMe(131);
    model.edit(132, 'edited');
    tell();
    await until(() => expect(shown.all.at(-1)).toMatchObject({ payload: { body: 'meanwhile' } }));
    held.resolve();
    await loading;
    await converged({ ...world, client: again });
    expect(shown.all.length).toBeGreaterThan(45);
  });

  test('is as it is now after a time without a connection', async () => {
    const world = await showing();
    const { model, other, server, client, chatId } = world;
    for (const socket of server.sockets) socket.conn.transport.close();
    await status(client, 'offline');
    model.send(other, 'missed');
    model.deleteForAll(0);
    model.star(1);
    model.toggleMember(model.everyone[2] ?? '');
    model.told.length = 0;
    await status(client, 'online');
    await converged(world);
    expect(client.messages(chatId).all).toHaveLength(5);
  });

  test('tells of changes once per turn, with snapshots that stay as they are', async () => {
    const { model, other, tell, client, chatId } = await showing();
    const view = client.messages(chatId);
    const [all, chats] = [view.all, client.chats.all];
    const copies = structuredClone([all, chats]);
    let [views, lists] = [0, 0];
    view.subscribe(() => views++);
    client.chats.subscribe(() => lists++);
    expect([view.all, client.chats.all]).toEqual([all, chats]);
    expect(view.all).toBe(all);
    expect(client.chats.all).toBe(chats);
    model.send(other, 'new');
    const again = [...model.told];
    tell();
    await until(() => expect(view.all).toHaveLength(4));
    await Promise.resolve();
    expect([views, lists]).toEqual([1, 1]);
    expect([all, chats]).toEqual(copies);
    // A repeat changes nothing; what comes after it shows that it has come.
    model.told.push(...again);
    tell();
    model.mute();
    tell();
    await until(() => expect(client.chats.find(chatId)?.is_muted).toBe(true));
    expect(lists).toBe(2);
    expect(view.all).toHaveLength(4);
  });

  test('is asked for seldom, however often it is in doubt', async () => {
    const world = await showing({ refetchMs: 200, refetchMaxMs: 5000 });
    const { model, other, tell, asked } = world;
    const before = asked.length;
    for (let round = 0; round < 40; round++) {
      model.send(other, 'lost');
      model.told.length = 0;
      model.send(other, 'seen');
      tell();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await converged(world);
    // Each try to compare may ask once more.
    expect(asked.length - before).toBeLessThan(8);
  });

  test('waits out a server that asks to wait', async () => {
    const world = await showing();
    const { model, other, tell, server } = world;
    const { onEvent } = server;
    let refused = 0;
    server.onEvent = (event, data) => {
      if (event === 'sync' && refused++ < 3) return failed(new Refused('TOO_MANY_REQUESTS', 'wait', 0));
      return onEvent(event, data);
    };
    model.send(other, 'lost');
    model.told.length = 0;
    model.send(other, 'seen');
    tell();
    await converged(world);
    expect(refused).toBeGreaterThan(3);
  });
});

describe('statuses', () => {
  test('of own messages are those of the slowest, whoever came and went', async () => {
    const world = await showing();
    const { model, tell, client, chatId } = world;
    const [, ben = '', cleo = '', dora = ''] = model.everyone;
    const view = client.messages(chatId);
    await view.send(text('mine'));
    const mine = () =>
      view.all.findLast((message) => 'sender_id' in message && message.sender_id === model.me);
    model.move(ben, 'read', model.head);
    tell();
    await converged(world);
    expect(mine()?.status).toBe('sent');
    model.move(cleo, 'delivered', model.head);
    tell();
    await until(() => expect(mine()?.status).toBe('delivered'));
    // Who came later does not count.
    model.toggleMember(dora);
    model.move(cleo, 'read', model.head);
    tell();
    await converged(world);
    expect(mine()?.status).toBe('read');
  });

  test('and the unread count follow reads here and elsewhere', async () => {
    const world = await showing();
    const { model, other, tell, client, chatId } = world;
    const view = client.messages(chatId);
    expect(client.chats.find(chatId)?.unread_count).toBe(3);
    await view.markRead();
    expect(client.chats.find(chatId)?.unread_count).toBe(0);
    await converged(world);
    model.send(other, 'more');
    model.send(other, 'and more');
    model.move(model.me, 'read', model.head - 1);
    tell();
    await converged(world);
    expect(client.chats.find(chatId)?.unread_count).toBe(1);
    await client.realtime.read(chatId, model.messages.at(-1)?.message_id ?? '');
    await converged(world);
  });

  test('go back to what is true where a read was refused', async () => {
    const world = await showing();
    const { server, client, chatId } = world;
    const { onEvent } = server;
    server.onEvent = (event, data) =>
      event === 'message.read' ? failed(new Refused('NOT_FOUND')) : onEvent(event, data);
    await expect(client.messages(chatId).markRead()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await converged(world);
    expect(client.chats.find(chatId)?.unread_count).toBe(3);
  });
});

describe('sending', () => {
  test('shows the message at once, then as it was stored', async () => {
    const world = await showing();
    const { client, chatId } = world;
    const view = client.messages(chatId);
    const sending = view.send({
      ...text('on its way\u0007'),
      reply_to_message_id: world.model.messages[0]?.message_id,
    });
    const pending = view.all.at(-1);
    expect(pending).toMatchObject({ status: 'pending', payload: { body: 'on its way\u0007' } });
    const sent = await sending;
    expect(sent.client_msg_id).toBe(pending?.client_msg_id);
    expect(view.all.filter(({ client_msg_id }) => client_msg_id === sent.client_msg_id)).toMatchObject([
      { status: 'sent', message_id: sent.message_id, payload: { body: 'on its way' } },
    ]);
  });

  test('that fails can be tried again or discarded', async () => {
    const world = await showing();
    const { server, client, chatId } = world;
    const view = client.messages(chatId);
    const { onSend } = server;
    server.onSend = () => failed(new Refused('NOT_ADMIN'));
    const client_msg_id = randomUUID();
    await expect(view.send({ ...text('refused'), client_msg_id })).rejects.toMatchObject({
      code: 'NOT_ADMIN',
    });
    expect(view.all.at(-1)).toMatchObject({ status: 'failed', error: { code: 'NOT_ADMIN' } });
    await expect(view.send(text('too'))).rejects.toMatchObject({ code: 'NOT_ADMIN' });
    view.discard(view.all.at(-1)?.client_msg_id ?? '');
    server.onSend = (frame) => onSend(frame, 1);
    await view.send({ ...text('refused'), client_msg_id });
    await converged(world);
    expect(view.all.at(-1)).toMatchObject({ client_msg_id, status: 'sent' });
  });

  test('over `client.realtime` shows in the views too', async () => {
    const world = await showing();
    const { client, chatId } = world;
    await client.realtime.send({ chat_id: chatId, ...text('past the view') });
    expect(client.messages(chatId).all.at(-1)).toMatchObject({ payload: { body: 'past the view' } });
    await converged(world);
  });
});

describe('what passes by itself', () => {
  test('typing ends without news, and with a message', async () => {
    const { server, client, chatId, other, model, tell } = await showing({ typingEndsMs: 100 });
    const view = client.messages(chatId);
    const seen: number[] = [];
    view.subscribe(() => seen.push(view.typing.length));
    server.broadcast('typing', { chat_id: chatId, user_id: other, is_typing: true });
    await until(() => expect(seen).toEqual([1, 0]));
    server.broadcast('typing', { chat_id: chatId, user_id: other, is_typing: true });
    model.send(other, 'typed');
    tell();
    await until(() => expect(view.all).toHaveLength(4));
    expect(view.typing).toEqual([]);
  });

  test('a message disappears at its time', async () => {
    const world = await showing();
    const { server, client, chatId, other } = world;
    const last = world.model.send(other, 'soon gone');
    const expires_at = new Date(Date.now() + 300).toISOString();
    server.broadcast('message.new', { ...last, expires_at, timestamp: last?.created_at });
    const view = client.messages(chatId);
    await until(() => expect(view.all.at(-1)).toMatchObject({ payload: { body: 'soon gone' } }));
    expect(client.chats.find(chatId)?.unread_count).toBe(4);
    await until(() =>
      expect(view.all.at(-1)).toMatchObject({ payload: {}, is_deleted: true, reactions: {} }),
    );
    expect(client.chats.find(chatId)).toMatchObject({
      unread_count: 3,
      last_message: { preview: 'hello 2' },
    });
  });

  test('presence is known as long as the connection tells of it', async () => {
    const { server, client, chatId, other } = await showing();
    const view = client.messages(chatId);
    server.broadcast('presence', { user_id: other, online: true, last_seen: null });
    await until(() => expect(view.presence[other]).toMatchObject({ online: true }));
    client.realtime.disconnect();
    expect(view.presence).toEqual({});
  });
});
