import { randomUUID } from 'node:crypto';
import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { unavailable } from '../src/error.ts';
import { Batcher } from '../src/lib/batcher.ts';
import { deleteMessage } from '../src/messages/delete.ts';
import { forwardMessage } from '../src/messages/forward.ts';
import { sendMessage } from '../src/messages/send.ts';
import type { ChatRecord } from '../src/ports/stores.ts';
import { ann, as, ben, cem, codeOf, dua, member, World } from './support/world.ts';

function input(chat: ChatRecord, body: string, fields: object = {}) {
  return {
    chat_id: chat.chat_id,
    client_msg_id: randomUUID(),
    type: 'text' as const,
    payload: { body },
    ...fields,
  };
}

describe('sending', () => {
  it('notes when the message disappears, and what search finds it by', async () => {
    const world = new World();
    const chat = world.direct({ auto_delete_seconds: 86_400 });
    const { message } = await sendMessage(world.core, as(ann), input(chat, 'Hello there'));
    expect(message.expires_at).toBe(new Date(world.now + 86_400_000).toISOString());
    expect(message).toMatchObject({ forwarded: false, forwarded_from: null, is_starred: false });
    expect(world.messages.appended[0]?.tokens).toEqual(expect.arrayContaining(['hello', 'there']));
    const forEver = await sendMessage(world.core, as(ann), input(world.direct(), 'stays'));
    expect(forEver.message.expires_at).toBeNull();
  });

  it('is for admins where only they may send', async () => {
    const world = new World();
    const chat = world.chat([member(ann, { role: 'admin' }), member(ben)], { is_admin_only: true });
    expect(await codeOf(sendMessage(world.core, as(ben), input(chat, 'x')))).toBe('NOT_ADMIN');
    expect((await sendMessage(world.core, as(ann), input(chat, 'x'))).created).toBe(true);
  });

  it('reaches the queue in the order of the calls where the chat is cached', async () => {
    const world = new World();
    const chat = world.direct();
    await world.core.chatCache.get(chat.chat_id);
    const bodies = Array.from({ length: 20 }, (_, n) => `text ${n}`);
    await Promise.all(bodies.map((body) => sendMessage(world.core, as(ann), input(chat, body))));
    expect(world.messages.appended.map((message) => message.payload)).toEqual(
      bodies.map((body) => ({ body })),
    );
    expect(world.messages.batches).toEqual([20]);
  });

  it('tells nobody who was removed while it waited, nor who cannot see it', async () => {
    const world = new World();
    const chat = world.chat([member(ann), member(ben), member(cem), member(dua, { joined_seq: 5 })]);
    let release = () => {};
    world.messages.hold = new Promise((resolve) => (release = resolve));
    const sending = sendMessage(world.core, as(ann), input(chat, 'who gets this?'));
    await tick();
    world.update(chat, {
      members: new Map([
        [ann, member(ann)],
        [ben, member(ben, { left_seq: 0 })],
        [cem, member(cem)],
        [dua, member(dua, { joined_seq: 5 })],
      ]),
    });
    release();
    await sending;
    await world.core.sendQueue.settled();
    expect(world.events('msg.new').map((event) => event.recipients)).toEqual([[ann, cem]]);
  });

  it('tells those who were there where nobody can say who is now', async () => {
    const world = new World();
    const chat = world.direct();
    let release = () => {};
    world.messages.hold = new Promise((resolve) => (release = resolve));
    const sending = sendMessage(world.core, as(ann), input(chat, 'hello'));
    await tick();
    world.core.chatCache.invalidate(chat.chat_id);
    world.core.chatCache.get = async () => Promise.reject(unavailable('The store', null));
    release();
    await sending;
    await world.core.sendQueue.settled();
    expect(world.events('msg.new').map((event) => event.recipients)).toEqual([[ann, ben]]);
  });

  it('answers a repeat with the first message as the sender sees it now', async () => {
    const world = new World();
    const chat = world.direct();
    const once = input(chat, 'hello');
    const { message } = await sendMessage(world.core, as(ann), once);
    await deleteMessage(world.core, as(ann), { id: message.message_id, for: 'everyone' });
    const repeat = await sendMessage(world.core, as(ann), once);
    expect(repeat).toMatchObject({ created: false, message: { is_deleted: true, payload: {} } });
    expect(await codeOf(sendMessage(world.core, as(ann), { ...once, payload: { body: 'else' } }))).toBe(
      'CONFLICT',
    );
  });

  it('quotes nothing of a message that is over', async () => {
    const world = new World();
    const chat = world.direct({ auto_delete_seconds: 86_400 });
    const id = await world.text(chat, ann, 'for a day');
    world.now += 86_400_000;
    const reply = await sendMessage(world.core, as(ben), input(chat, 'what?', { reply_to_message_id: id }));
    expect(reply.message.reply_to_preview).toMatchObject({ message_id: id, preview: '' });
  });
});

describe('forwarding', () => {
  async function setUp() {
    const world = new World();
    const source = world.chat([member(ann), member(cem, { left_seq: 1 })]);
    const id = await world.text(source, ann, 'pass it on');
    const targets = [
      world.direct({ auto_delete_seconds: 86_400 }),
      world.chat([member(ann), member(ben), member(dua, { left_seq: 0 })]),
    ];
    const forward = (userId: string, chats: readonly { chat_id: string }[], message = id) =>
      forwardMessage(world.core, as(userId), {
        id: message,
        target_chat_ids: chats.map((chat) => chat.chat_id),
      });
    return { world, source, id, targets, forward };
  }

  it('makes a copy for each target in one commit, in their order', async () => {
    const { world, source, id, targets, forward } = await setUp();
    const [a, b] = targets as [ChatRecord, ChatRecord];
    world.messages.batches.length = 0;
    const { forwarded_messages } = await forward(ann, [b, a, b]);
    expect(forwarded_messages.map((each) => each.chat_id)).toEqual([b.chat_id, a.chat_id]);
    expect(world.messages.batches).toEqual([2]);
    const copies = forwarded_messages.map((each) => world.messages.byId.get(each.message_id));
    for (const copy of copies) {
      expect(copy).toMatchObject({ type: 'text', payload: { body: 'pass it on' }, sender_id: ann });
      expect(copy?.forwarded_from).toEqual({ chat_id: source.chat_id, message_id: id });
    }
    expect(copies.map((copy) => copy?.expires_at)).toEqual([
      null,
      new Date(world.now + 86_400_000).toISOString(),
    ]);
    expect(new Set(copies.map((copy) => copy?.client_msg_id)).size).toBe(2);
    expect(world.events('msg.new').map(({ message, recipients }) => [message.forwarded, recipients])).toEqual(
      [
        [true, [ann, ben]],
        [true, [ann, ben]],
      ],
    );
  });

  it('tells on the first source of what was forwarded before', async () => {
    const { world, source, id, targets, forward } = await setUp();
    const once = await forward(ann, targets.slice(0, 1));
    const copy = once.forwarded_messages[0]?.message_id as string;
    const twice = await forward(ann, targets.slice(1), copy);
    const last = world.messages.byId.get(twice.forwarded_messages[0]?.message_id as string);
    expect(last?.forwarded_from).toEqual({ chat_id: source.chat_id, message_id: id });
  });

  it('stores nothing where one target is refused', async () => {
    const { world, targets, forward } = await setUp();
    const before = world.messages.byId.size;
    const refused: [string, { chat_id: string }][] = [
      ['CHAT_NOT_FOUND', { chat_id: randomUUID() }],
      ['CHAT_NOT_FOUND', world.chat([member(ben)])],
      ['NOT_CHAT_MEMBER', world.chat([member(ann, { left_seq: 0 }), member(ben)])],
      ['NOT_ADMIN', world.chat([member(ann), member(ben, { role: 'admin' })], { is_admin_only: true })],
      ['USER_BLOCKED', world.direct({ blocked: true })],
    ];
    for (const [code, target] of refused) expect(await codeOf(forward(ann, [...targets, target]))).toBe(code);
    expect(world.messages.byId.size).toBe(before);
    expect(world.published).toEqual([]);
  });

  it('needs a source that the caller can still read, as a member', async () => {
    const { world, source, id, targets, forward } = await setUp();
    expect(await codeOf(forward(cem, [world.chat([member(cem)])]))).toBe('NOT_CHAT_MEMBER');
    expect(await codeOf(forward(dua, targets))).toBe('NOT_FOUND');
    const system = await world.text(source, ann, 'x');
    world.retype(system, 'system', { body: 'x', action: 'group_renamed' });
    expect(await codeOf(forward(ann, targets, system))).toBe('FORBIDDEN');
    await deleteMessage(world.core, as(ann), { id, for: 'everyone' });
    expect(await codeOf(forward(ann, targets))).toBe('NOT_FOUND');
  });

  it('stays whole where its batch is tried again because of a neighbour', async () => {
    const { world, targets, forward } = await setUp();
    const [a, b] = targets as [ChatRecord, ChatRecord];
    for (const chat of targets) await world.core.chatCache.get(chat.chat_id);
    world.messages.refuse = (messages) =>
      messages.some(({ payload }) => 'body' in payload && payload.body === 'bad');
    world.messages.batches.length = 0;
    let release = () => {};
    world.messages.hold = new Promise((resolve) => (release = resolve));
    const first = sendMessage(world.core, as(ann), input(a, 'first'));
    // These two gather while the first is being stored.
    await tick();
    const bad = codeOf(sendMessage(world.core, as(ann), input(a, 'bad')));
    const forwarding = forward(ann, [a, b]);
    await tick();
    release();
    expect(await bad).toContain('refused');
    expect((await first).created).toBe(true);
    expect((await forwarding).forwarded_messages).toHaveLength(2);
    expect(world.messages.batches).toEqual([1, 3, 1, 2]);
  });
});

describe('items that belong together', () => {
  it('share a batch that is never split, whatever its neighbours do', async () => {
    const batches: number[][] = [];
    const batcher = new Batcher<number, number>({
      maxSize: 3,
      async run(items) {
        batches.push(items);
        if (items.includes(13)) throw new Error('unlucky');
        return items.map((item) => item * 2);
      },
      isolate: () => true,
    });
    const results = await Promise.allSettled([
      batcher.add(1),
      batcher.addAll([2, 3]),
      batcher.addAll([4, 5, 6, 7]),
      batcher.add(13),
      batcher.addAll([8, 9]),
      batcher.addAll([]),
    ]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'refused'))).toEqual([
      2,
      [4, 6],
      [8, 10, 12, 14],
      'refused',
      [16, 18],
      [],
    ]);
    expect(batches).toEqual([[1, 2, 3], [4, 5, 6, 7], [13, 8, 9], [13], [8, 9]]);
  });

  it('fail together where one of them does', async () => {
    const batcher = new Batcher<number, number>({
      maxSize: 10,
      run: async (items) => items.map((item) => (item === 2 ? new Error('no') : item)),
      isolate: () => true,
    });
    const results = await Promise.allSettled([batcher.addAll([1, 2]), batcher.addAll([3, 4])]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
  });
});
