import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { unavailable } from '../src/error.ts';
import { applyChanges, changeEvents } from '../src/messages/changes.ts';
import { deleteMessage } from '../src/messages/delete.ts';
import { expireMessages } from '../src/messages/expire.ts';
import type { CommittedChange, MessageChange } from '../src/ports/stores.ts';
import { ann, as, ben, cem, member, World } from './support/world.ts';

const context = () => ({ eventId: randomUUID(), requestId: 'test', trace: null, origin: null });

async function chatOfThree() {
  const world = new World();
  // Cem joined after the first message.
  const chat = world.chat([member(ann), member(ben), member(cem, { joined_seq: 1 })]);
  const [first, second] = (await world.texts(chat, ann, 2)) as [string, string];
  const change = (messageId: string, what: object): MessageChange =>
    ({
      messageId,
      chatId: chat.chat_id,
      at: new Date(world.now).toISOString(),
      context: context(),
      ...what,
    }) as MessageChange;
  return { world, chat, first, second, change };
}

describe('events of changed messages', () => {
  it('go to present members who see the message, one for each change, with its number', async () => {
    const { world, first, second, change } = await chatOfThree();
    const changes = [
      change(first, { kind: 'react', userId: ben, emoji: '👍' }),
      change(second, { kind: 'edit', payload: { body: 'edited' }, tokens: [] }),
      change(second, { kind: 'delete' }),
      change(second, { kind: 'delete' }),
    ];
    const results = await applyChanges(world.core, changes);
    expect(results.map((result) => result.outcome)).toEqual(['changed', 'changed', 'changed', 'unchanged']);
    await expect.poll(() => world.published.length).toBe(1);
    const { events } = world.published[0] ?? { events: [] };
    expect(events.map((event) => event.event_id)).toEqual(
      changes.slice(0, 3).map((each) => each.context.eventId),
    );
    expect(events.map((event) => event.event_type)).toEqual(['msg.reaction', 'msg.edited', 'msg.deleted']);
    expect(events.map((event) => 'recipients' in event.payload && event.payload.recipients)).toEqual([
      [ann, ben],
      [ann, ben, cem],
      [ann, ben, cem],
    ]);
    expect(world.events('msg.edited')[0]?.message.version).toBe(4);
    expect(world.events('msg.deleted')[0]?.version).toBe(5);
  });

  it('are the same when they are made again after a crash', async () => {
    const { world, chat, first, second, change } = await chatOfThree();
    const quote = await world.text(chat, ben, 'yes', first);
    const changes = [
      change(quote, { kind: 'edit', payload: { body: 'no' }, tokens: [] }),
      change(second, { kind: 'react', userId: ben, emoji: null }),
      change(first, { kind: 'react', userId: ben, emoji: '👍' }),
      change(second, { kind: 'delete' }),
    ];
    const results = await applyChanges(world.core, changes);
    await expect.poll(() => world.published.length).toBe(1);
    const committed = changes.flatMap((each, index): CommittedChange[] => {
      const result = results[index];
      if (result?.outcome !== 'changed') return [];
      const { seq, version } = result.message;
      const reaction =
        each.kind === 'react' ? { userId: each.userId, emoji: each.emoji } : { userId: null, emoji: null };
      const { messageId, chatId, kind } = each;
      return [{ messageId, chatId, kind, seq, version, ...reaction, context: each.context }];
    });
    expect(await changeEvents(world.core, committed)).toEqual(world.published[0]?.events);
  });

  it.each(['deleted', 'over'])('show of an edit nothing that is gone since: %s', async (how) => {
    const { world, chat, second, change } = await chatOfThree();
    const [result] = await applyChanges(world.core, [
      change(second, { kind: 'edit', payload: { body: 'edited' }, tokens: [] }),
    ]);
    if (how === 'deleted') await deleteMessage(world.core, as(ann), { id: second, for: 'everyone' });
    else {
      const expires_at = new Date(world.now).toISOString();
      Object.assign(world.messages.byId.get(second) ?? {}, { expires_at });
    }
    const version = result?.outcome === 'changed' ? result.message.version : 0;
    const [event] = await changeEvents(world.core, [
      {
        messageId: second,
        chatId: chat.chat_id,
        kind: 'edit',
        seq: 2,
        version,
        userId: null,
        emoji: null,
        context: context(),
      },
    ]);
    expect(event?.payload).toMatchObject({ message: { payload: {}, is_deleted: true, version } });
  });

  it('wait for the sweep where they cannot be made, and nobody is told that it failed', async () => {
    const { world, second } = await chatOfThree();
    world.core.chatCache.get = async () => {
      // The message is found, the chat of the event is not.
      world.core.chatCache.get = async () => Promise.reject(unavailable('The store', null));
      return [...world.chats.values()][0];
    };
    await deleteMessage(world.core, as(ann), { id: second, for: 'everyone' });
    await expect.poll(() => world.warnings).toEqual(['events of changed messages wait for the sweep']);
    expect(world.published).toEqual([]);
  });
});

describe('disappearing messages', () => {
  it('are emptied and told of once, however many do it at a time', async () => {
    const world = new World();
    const chat = world.direct({ auto_delete_seconds: 86_400 });
    const sent = await world.texts(chat, ann, 250);
    const kept = await world.text(world.direct(), ann, 'stays');
    expect(await expireMessages(world.core, 1000)).toBe(0);
    world.now += 86_400_000;
    expect(await expireMessages(world.core, 30)).toBe(30);
    const counts = await Promise.all([expireMessages(world.core, 1000), expireMessages(world.core, 1000)]);
    expect(counts[0] + counts[1]).toBe(220);
    expect(await expireMessages(world.core, 1000)).toBe(0);
    for (const id of sent)
      expect(world.messages.byId.get(id)).toMatchObject({ is_deleted: true, payload: {} });
    expect(world.messages.byId.get(kept)?.is_deleted).toBe(false);
    await expect.poll(() => world.events('msg.deleted').length).toBe(250);
    const told = world.events('msg.deleted');
    expect(new Set(told.map((event) => event.message_id)).size).toBe(250);
    expect(told.every((event) => event.expired && event.recipients.length === 2)).toBe(true);
  });
});
