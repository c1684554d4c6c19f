/** Search in a chat and in all of a user's, over a message store that is a plain list. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { searchChat, searchMessages } from '../src/index.ts';
import { at, caller, start, searchWorld as world } from './support/search-world.ts';

const ids = ({ messages }: { messages: { message_id: string }[] }) => messages.map((m) => m.message_id);

/** All pages, one after the other. */
async function pages(ask: (cursor?: { cursor: string }) => ReturnType<typeof searchMessages>) {
  const found: string[][] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await ask(cursor === undefined ? undefined : { cursor });
    found.push(ids(page));
    cursor = page.next_cursor;
  }
  return found;
}

describe('search in a chat', () => {
  it('gives messages as they are on the wire, with what matches, newest first', async () => {
    const { addChat, say, inChat } = world();
    const chat = addChat({ read_seq: 1, delivered_seq: 1 });
    const first = say(chat, 'See you at the lake');
    say(chat, 'No');
    const last = say(chat, 'Lakes!', { reply_to_message_id: first.message_id });
    const { messages, next_cursor } = await inChat(chat, 'lake');
    expect(messages).toEqual([
      expect.objectContaining({
        ...last,
        status: 'sent',
        is_starred: false,
        media: null,
        reply_to_preview: expect.objectContaining({ preview: 'See you at the lake' }),
        highlights: [{ field: 'body', start: 0, end: 4 }],
      }),
      expect.objectContaining({
        ...first,
        status: 'read',
        reply_to_preview: null,
        highlights: [{ field: 'body', start: 15, end: 19 }],
      }),
    ]);
    expect(next_cursor).toBeNull();
  });

  it('pages through all of it, whatever has to be left out between', async () => {
    const { addChat, say, inChat, hidden } = world();
    const chat = addChat();
    const expected: string[] = [];
    for (let n = 0; n < 100; n++) {
      // Has the tokens of the query, but not what was looked for.
      if (n % 3 === 0) say(chat, '北京 京大 大学');
      const sent = say(chat, `在北京大学 ${n}`);
      if (n % 5 === 0) hidden.add(sent.message_id);
      else expected.unshift(sent.message_id);
    }
    const found = await pages((cursor) => inChat(chat, '北京大学', { limit: 7, ...cursor }));
    expect(found.flat()).toEqual(expected);
    expect(found.map((page) => page.length)).toEqual([...Array(11).fill(7), 3]);
    const whole = await pages((cursor) => inChat(chat, '北京大学', { limit: 40, ...cursor }));
    expect(whole.map((page) => page.length)).toEqual([40, 40]);
  });

  it('looks at a bounded number of messages, and goes on from there', async () => {
    const { addChat, say, inChat, asked } = world();
    const chat = addChat();
    const target = say(chat, '北京大学');
    for (let n = 0; n < 2500; n++) say(chat, '北京 京大 大学');
    const found = await pages((cursor) => inChat(chat, '北京大学', cursor));
    expect(found.flat()).toEqual([target.message_id]);
    expect(found.length).toBe(3);
    expect(Math.max(...asked.map(({ limit }) => limit))).toBeLessThanOrEqual(200);
  });

  it('shows only the time of a membership, and nothing to outsiders', async () => {
    const { addChat, say, inChat, core } = world();
    const chat = addChat({ joined_seq: 2, left_seq: 4 });
    const sent = [1, 2, 3, 4, 5].map((n) => say(chat, `lake ${n}`));
    expect(ids(await inChat(chat, 'lake'))).toEqual([sent[3]?.message_id, sent[2]?.message_id]);
    expect(await pages((cursor) => inChat(chat, 'lake', { limit: 1, ...cursor }))).toEqual([
      [sent[3]?.message_id],
      [sent[2]?.message_id],
    ]);
    const beyond = Buffer.from('[99]').toString('base64url');
    expect(ids(await inChat(chat, 'lake', { cursor: beyond }))).toHaveLength(2);
    const stranger = caller(randomUUID());
    await expect(searchChat(core, stranger, { chat_id: chat, q: 'lake' })).rejects.toMatchObject({
      code: 'CHAT_NOT_FOUND',
    });
    await expect(inChat(randomUUID(), 'lake')).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
  });

  it('never shows what was deleted or is over, whatever the store says', async () => {
    const { addChat, say, inChat, state, core } = world();
    const chat = addChat();
    say(chat, 'lake one', { is_deleted: true });
    say(chat, 'lake two', { expires_at: at(0) });
    const last = say(chat, 'lake three', { expires_at: at(1) });
    expect(ids(await inChat(chat, 'lake'))).toEqual([last.message_id]);
    // It is over while the answer is made.
    const { of } = core.marks;
    core.marks.of = async (...args) => {
      state.now = start + 1;
      return of(...args);
    };
    expect(await inChat(chat, 'lake')).toEqual({ messages: [], next_cursor: null });
  });

  it('finds nothing for nothing, and refuses cursors that are none', async () => {
    const { addChat, say, inChat, everywhere, asked, state } = world();
    const chat = addChat();
    say(chat, '?!');
    for (const q of ['?!', ' ', '…']) {
      expect(await inChat(chat, q)).toEqual({ messages: [], next_cursor: null });
      expect(await everywhere(q)).toEqual({ messages: [], next_cursor: null });
    }
    expect(asked).toEqual([]);
    const encoded = ['', 'null', '{}', '[]', '[0]', '[-1]', '[1.5]', '["x"]', '[1,2]', '[1e99]'];
    for (const text of [...encoded.map((json) => Buffer.from(json).toString('base64url')), 'x', '%%%']) {
      await expect(inChat(chat, 'lake', { cursor: text })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      await expect(everywhere('lake', { cursor: text })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    }
    state.away = true;
    await expect(inChat(chat, 'lake')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await expect(everywhere('lake')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});

describe('search in all chats', () => {
  it('is newest first over all of them, each with its own window', async () => {
    const { addChat, say, everywhere, leftAt, hidden } = world();
    const [open, joined, left, foreign] = [
      addChat(),
      addChat({ joined_seq: 2 }),
      addChat({ left_seq: 3 }),
      addChat(null),
    ];
    leftAt.set(left, at(11_500));
    const expected: string[] = [];
    for (let n = 1; n <= 5; n++) {
      for (const chat of [open, joined, left, foreign]) {
        const { message_id, seq } = say(chat, `lake ${n}`);
        if (chat === open && n === 4) hidden.add(message_id);
        else if (chat === open || (chat === joined && seq > 2) || (chat === left && seq <= 3)) {
          expected.unshift(message_id);
        }
      }
    }
    expect(ids(await everywhere('lake'))).toEqual(expected);
    for (const limit of [1, 2, 3, 10, 50]) {
      const found = await pages((cursor) => everywhere('lake', { limit, ...cursor }));
      expect(found.flat()).toEqual(expected);
      expect(found).toHaveLength(Math.ceil(expected.length / limit));
    }
  });

  it('asks for chats with messages, the latest active first; of one that was left only until then', async () => {
    const { addChat, say, everywhere, asked, leftAt } = world();
    const [left, quiet, busy] = [addChat({ left_seq: 1 }), addChat(), addChat()];
    addChat();
    leftAt.set(left, at(1000));
    say(left, 'one');
    say(quiet, 'two');
    for (let n = 0; n < 200; n++) say(busy, 'three');
    for (let n = 0; n < 200; n++) say(left, 'after');
    await everywhere('one');
    expect(asked[0]?.windows).toEqual([
      { chatId: busy, after: 0, upTo: null, lastAt: at(201_000) },
      { chatId: left, after: 0, upTo: 1, lastAt: at(61_000) },
      { chatId: quiet, after: 0, upTo: null, lastAt: at(1000) },
    ]);
  });

  it('finds nothing for somebody without chats', async () => {
    const { core, addChat, say } = world();
    say(addChat(), 'lake');
    expect(await searchMessages(core, caller(randomUUID()), { q: 'lake' })).toEqual({
      messages: [],
      next_cursor: null,
    });
  });
});
