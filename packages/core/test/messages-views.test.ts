import { randomUUID } from 'node:crypto';
import type { Message } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import { deleteMessage } from '../src/messages/delete.ts';
import { listMessages } from '../src/messages/history.ts';
import { presentMessages } from '../src/messages/present.ts';
import { markRead } from '../src/messages/receipts.ts';
import { messageReceipts } from '../src/messages/receipts-of.ts';
import { listStarred, starMessage } from '../src/messages/star.ts';
import { unreadCounts } from '../src/messages/unread.ts';
import type { ChatRecord } from '../src/ports/stores.ts';
import { ann, as, ben, cem, codeOf, dua, member, World } from './support/world.ts';

const ids = (messages: readonly Message[]) => messages.map((message) => message.message_id);

/** All pages, as a client walks them. */
async function walk(world: World, chat: ChatRecord, userId: string, limit: number) {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const input = { chat_id: chat.chat_id, limit, ...(cursor === undefined ? {} : { cursor }) };
    const page = await listMessages(world.core, as(userId), input);
    expect(page.has_more).toBe(page.next_cursor !== null);
    pages.push(ids(page.messages));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return pages;
}

describe('history', () => {
  it('leaves out what the caller deleted for itself, with pages still full', async () => {
    const world = new World();
    const chat = world.direct();
    const sent = await world.texts(chat, ben, 30);
    const hidden = sent.filter((_, index) => index % 3 === 0 || (index > 10 && index < 24));
    for (const id of hidden) await deleteMessage(world.core, as(ann), { id });
    const left = sent.filter((id) => !hidden.includes(id)).reverse();

    for (const limit of [1, 3, 4, left.length, 50]) {
      const pages = await walk(world, chat, ann, limit);
      expect(pages.flat()).toEqual(left);
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    }
    expect((await walk(world, chat, ben, 50)).flat()).toHaveLength(30);
  });

  it('is walked towards the newest from any message, without what the caller deleted for itself', async () => {
    const world = new World();
    const chat = world.chat([member(ann, { joined_seq: 2 }), member(ben)]);
    const sent = await world.texts(chat, ben, 30);
    const hidden = sent.filter((_, index) => index % 3 === 0 || (index > 10 && index < 24) || index > 27);
    for (const id of hidden.slice(1)) await deleteMessage(world.core, as(ann), { id });
    for (const start of [2, 5, 11, 23, 29]) {
      const left = sent.slice(start + 1).filter((id) => !hidden.includes(id));
      for (const limit of [1, 3, 100]) {
        const walked: string[] = [];
        let after: string | null = sent[start] as string;
        while (after !== null) {
          const input = { chat_id: chat.chat_id, limit, after };
          const page = await listMessages(world.core, as(ann), input);
          walked.push(...ids(page.messages).reverse());
          expect(page.messages.length === limit || page.next_cursor === null).toBe(true);
          expect(page.has_more).toBe(page.next_cursor !== null);
          after = page.next_cursor;
        }
        expect(walked).toEqual(left);
      }
    }
    const both = { chat_id: chat.chat_id, after: sent[3] as string, cursor: sent[4] as string };
    expect(await codeOf(listMessages(world.core, as(ann), both))).toBe('BAD_REQUEST');
    const unseen = { chat_id: chat.chat_id, after: sent[1] as string };
    expect(await codeOf(listMessages(world.core, as(ann), unseen))).toBe('BAD_REQUEST');
  });

  it('goes on from a message that was deleted or hidden since', async () => {
    const world = new World();
    const chat = world.direct();
    const sent = await world.texts(chat, ann, 4);
    await deleteMessage(world.core, as(ann), { id: sent[3] as string });
    await deleteMessage(world.core, as(ann), { id: sent[2] as string, for: 'everyone' });
    for (const [cursor, expected] of [
      [sent[3], [sent[2], sent[1], sent[0]]],
      [sent[2], [sent[1], sent[0]]],
    ]) {
      const page = await listMessages(world.core, as(ann), {
        chat_id: chat.chat_id,
        cursor: cursor as string,
      });
      expect(ids(page.messages)).toEqual(expected);
    }
  });

  it('refuses a cursor that is no message which the caller sees in this chat', async () => {
    const world = new World();
    const chat = world.chat([member(ann, { joined_seq: 1 }), member(ben)]);
    const other = world.direct();
    const [before] = await world.texts(chat, ben, 2);
    const [, elsewhere] = await world.texts(other, ben, 2);
    for (const cursor of ['nonsense', randomUUID(), before as string, elsewhere as string]) {
      const page = listMessages(world.core, as(ann), { chat_id: chat.chat_id, cursor });
      expect(await codeOf(page)).toBe('BAD_REQUEST');
    }
    expect(await codeOf(listMessages(world.core, as(dua), { chat_id: chat.chat_id }))).toBe('CHAT_NOT_FOUND');
  });

  it('shows who was removed what came before, and who joined what came after', async () => {
    const world = new World();
    const chat = world.chat([member(ann), member(ben, { left_seq: 2 }), member(cem, { joined_seq: 1 })]);
    const sent = await world.texts(chat, ann, 3);
    expect((await walk(world, chat, ben, 50)).flat()).toEqual([sent[1], sent[0]]);
    expect((await walk(world, chat, cem, 50)).flat()).toEqual([sent[2], sent[1]]);
  });
});

describe('a message as somebody sees it', () => {
  it('reads as deleted once its time is over', async () => {
    const world = new World();
    const chat = world.direct({ auto_delete_seconds: 86_400 });
    const id = await world.text(chat, ann, 'for a day');
    const answer = await world.text(chat, ben, 'seen', id);
    Object.assign(world.messages.byId.get(id) ?? {}, { reactions: { [ben]: '👍' } });
    const look = async () => {
      const stored = [...world.messages.byId.values()];
      return presentMessages(world.core, chat, ann, stored);
    };
    world.now += 86_400_000 - 1;
    expect((await look())[0]).toMatchObject({ payload: { body: 'for a day' }, is_deleted: false });
    expect((await look())[1]).toMatchObject({ reply_to_preview: { preview: 'for a day' } });
    world.now += 1;
    const [over, reply] = await look();
    expect(over).toMatchObject({ payload: {}, reactions: {}, is_deleted: true });
    expect(reply).toMatchObject({ message_id: answer, reply_to_preview: { message_id: id, preview: '' } });
    // Only what is shown is masked: the store is emptied by the worker.
    expect(world.messages.byId.get(id)?.payload).toEqual({ body: 'for a day' });
  });

  it('shows of a replied-to message nothing that was deleted, and nothing from before one joined', async () => {
    const world = new World();
    const chat = world.chat([member(ann), member(ben), member(cem, { joined_seq: 1 })]);
    const first = await world.text(chat, ann, 'a secret');
    await world.text(chat, ben, 'an answer', first);
    const seenBy = async (userId: string) => {
      const stored = [...world.messages.byId.values()].slice(1);
      return (await presentMessages(world.core, chat, userId, stored))[0]?.reply_to_preview;
    };
    expect(await seenBy(ann)).toMatchObject({ preview: 'a secret' });
    expect(await seenBy(cem)).toBeNull();
    // The quote belongs to the answer: who deletes the first for itself still has that.
    await deleteMessage(world.core, as(ben), { id: first });
    expect(await seenBy(ben)).toMatchObject({ preview: 'a secret' });
    await deleteMessage(world.core, as(ann), { id: first, for: 'everyone' });
    expect(await seenBy(ann)).toMatchObject({ preview: '' });
  });

  it('carries the star and the status of who looks', async () => {
    const world = new World();
    const chat = world.direct();
    const id = await world.text(chat, ann, 'hello');
    await starMessage(world.core, as(ben), { id });
    await markRead(world.core, as(ben), { chat_id: chat.chat_id, up_to_message_id: id });
    const [forAnn] = (await listMessages(world.core, as(ann), { chat_id: chat.chat_id })).messages;
    const [forBen] = (await listMessages(world.core, as(ben), { chat_id: chat.chat_id })).messages;
    expect(forAnn).toMatchObject({ is_starred: false, status: 'read' });
    expect(forBen).toMatchObject({ is_starred: true, status: 'read' });
    world.privateReaders.add(ann);
    const [hidden] = (await listMessages(world.core, as(ann), { chat_id: chat.chat_id })).messages;
    expect(hidden).toMatchObject({ status: 'delivered' });
  });
});

describe('starred messages', () => {
  it('come the last starred first, without what can no longer be read, on full pages', async () => {
    const world = new World();
    const chat = world.direct();
    const left = world.chat([member(ann, { left_seq: 3 }), member(ben)]);
    const sent = [...(await world.texts(chat, ben, 12)), ...(await world.texts(left, ben, 3))];
    for (const id of sent) await starMessage(world.core, as(ann), { id });
    const gone = [1, 2, 3, 4, 8].map((index) => sent[index] as string);
    await deleteMessage(world.core, as(ann), { id: gone[0] as string });
    await deleteMessage(world.core, as(ben), { id: gone[1] as string, for: 'everyone' });
    for (const id of gone.slice(2)) {
      Object.assign(world.messages.byId.get(id) ?? {}, { expires_at: new Date(world.now).toISOString() });
    }
    // The history that one may still see ends earlier now.
    world.update(left, { members: new Map([[ann, member(ann, { left_seq: 2 })]]) });
    const expected = sent.filter((id) => !gone.includes(id) && id !== sent[14]).reverse();

    for (const limit of [1, 2, 3, expected.length, 50]) {
      const seen: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await listStarred(world.core, as(ann), { limit, ...(cursor ? { cursor } : {}) });
        expect(page.messages.every((message) => message.is_starred)).toBe(true);
        seen.push(ids(page.messages));
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen.flat()).toEqual(expected);
      expect(seen.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    }
    expect(await listStarred(world.core, as(ben), {})).toEqual({ messages: [], next_cursor: null });
  });

  it.each([
    'nonsense',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('["x","y"]').toString('base64url'),
  ])('refuse the cursor %s', async (cursor) => {
    expect(await codeOf(listStarred(new World().core, as(ann), { cursor }))).toBe('BAD_REQUEST');
  });
});

describe('unread counts', () => {
  it('leave out own, hidden, deleted and system messages, and what is over', async () => {
    const world = new World();
    const chat = world.direct();
    const sent = await world.texts(chat, ben, 7);
    await world.text(chat, ann, 'mine');
    await deleteMessage(world.core, as(ann), { id: sent[3] as string });
    await deleteMessage(world.core, as(ben), { id: sent[4] as string, for: 'everyone' });
    world.retype(sent[5] as string, 'system', { body: 'x', action: 'group_renamed' });
    const read = (index: number) =>
      markRead(world.core, as(ann), { chat_id: chat.chat_id, up_to_message_id: sent[index] as string });
    expect(await read(0)).toEqual({ unread_count: 3 });
    expect(await read(2)).toEqual({ unread_count: 1 });
    // A position never moves back.
    expect(await read(1)).toEqual({ unread_count: 1 });
    Object.assign(world.messages.byId.get(sent[6] as string) ?? {}, {
      expires_at: new Date(world.now).toISOString(),
    });
    expect(await read(2)).toEqual({ unread_count: 0 });
  });

  it('are given for many chats with one question to each store', async () => {
    const world = new World();
    const chats = [world.direct(), world.direct(), world.direct()];
    for (const [index, chat] of chats.entries()) await world.texts(chat, ben, index + 1);
    const windows = chats.map((chat) => ({ chatId: chat.chat_id, after: 0, upTo: null, readSeq: 1 }));
    let asked = 0;
    const { unread } = world.messages;
    world.messages.unread = (...given) => {
      asked++;
      return unread.apply(world.messages, given);
    };
    expect(await unreadCounts(world.core, ann, windows)).toEqual([0, 1, 2]);
    expect(await unreadCounts(world.core, ann, [])).toEqual([]);
    expect(asked).toBe(1);
  });
});

describe('receipts', () => {
  const at = (second: number) => new Date(Date.UTC(2026, 0, 3, 0, 0, second)).toISOString();

  it('have one entry for everyone else in whose time the message lies', async () => {
    const world = new World();
    const chat = world.chat([
      member(ann),
      member(ben, { delivered_seq: 2, read_seq: 2 }),
      member(cem, { left_seq: 2, delivered_seq: 2 }),
      member(dua, { joined_seq: 2, read_seq: 3 }),
    ]);
    const [, second, third] = await world.texts(chat, ann, 3);
    world.receipts.push(
      { user_id: ben, delivered_at: at(1), read_at: at(2) },
      { user_id: cem, delivered_at: at(3), read_at: null },
    );
    const { receipts } = await messageReceipts(world.core, as(ann), { id: second as string });
    const expected = [
      { user_id: ben, status: 'read', delivered_at: at(1), read_at: at(2) },
      { user_id: cem, status: 'delivered', delivered_at: at(3), read_at: null },
    ];
    expect(receipts).toEqual(expected.sort((a, b) => (a.user_id < b.user_id ? -1 : 1)));
    expect(await codeOf(messageReceipts(world.core, as(ben), { id: second as string }))).toBe('FORBIDDEN');
    expect(await codeOf(messageReceipts(world.core, as(cem), { id: third as string }))).toBe('NOT_FOUND');
    expect(await codeOf(messageReceipts(world.core, as(ann), { id: randomUUID() }))).toBe('NOT_FOUND');
  });

  it.each([ann, ben])('hide reads in a direct chat where either keeps them private', async (who) => {
    const world = new World();
    const chat = world.direct();
    const id = await world.text(chat, ann, 'hello');
    await markRead(world.core, as(ben), { chat_id: chat.chat_id, up_to_message_id: id });
    world.receipts.push({ user_id: ben, delivered_at: at(1), read_at: at(2) });
    const shown = async () => (await messageReceipts(world.core, as(ann), { id })).receipts;
    expect(await shown()).toEqual([{ user_id: ben, status: 'read', delivered_at: at(1), read_at: at(2) }]);
    world.privateReaders.add(who);
    expect(await shown()).toEqual([
      { user_id: ben, status: 'delivered', delivered_at: at(1), read_at: null },
    ]);
  });
});
