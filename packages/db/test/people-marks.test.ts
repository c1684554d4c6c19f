/** Stars and hidden messages on a real PostgreSQL. */
import { randomUUID } from 'node:crypto';
import type { MarkedMessage } from '@parley/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPeople, type People, telling } from './support/people.ts';

let people: People;
beforeAll(async () => {
  people = await openPeople();
});
afterAll(() => people.close());

const marked = (chat_id = randomUUID(), seq = 1): MarkedMessage => ({
  message_id: randomUUID(),
  chat_id,
  seq,
});
const anything = (userId: string) => telling(userId, { kind: 'profile' });

describe('stars', () => {
  it('change once, are told, and are one user’s alone', async () => {
    const [me, other] = [await people.person(), await people.person()];
    const message = marked();
    const star = (starred: boolean) =>
      people.marks.star(
        me.id,
        message,
        starred,
        telling(me.id, {
          kind: 'star',
          chat_id: message.chat_id,
          message_id: message.message_id,
          is_starred: starred,
        }),
      );
    expect(await star(false)).toBeNull();
    expect((await star(true))?.events).toMatchObject([{ payload: { user_version: 1 } }]);
    expect(await star(true)).toBeNull();
    expect(await people.marks.of(me.id, [message.message_id, randomUUID()])).toEqual(
      new Map([[message.message_id, { starred: true, hidden: false }]]),
    );
    expect(await people.marks.of(other.id, [message.message_id])).toEqual(new Map());
    expect(await people.marks.starred(other.id, null, 10)).toEqual([]);
    expect((await star(false))?.events).toMatchObject([{ payload: { user_version: 2 } }]);
    expect(await star(false)).toBeNull();
    expect(await people.marks.of(me.id, [message.message_id])).toEqual(new Map());
    expect(await people.marks.starred(me.id, null, 10)).toEqual([]);
    expect(await people.changes(me.id)).toEqual([
      { version: 1, kind: 'star', ref: message.message_id },
      { version: 2, kind: 'star', ref: message.message_id },
    ]);
    expect(await people.outbox(me.id)).toHaveLength(2);
  });

  it('raise the version once where equal calls meet', async () => {
    for (let round = 0; round < 5; round++) {
      const me = await people.person();
      const message = marked();
      for (const starred of [true, false]) {
        const told = await Promise.all(
          Array.from({ length: 8 }, () => people.marks.star(me.id, message, starred, anything(me.id))),
        );
        expect(told.filter((one) => one !== null)).toHaveLength(1);
      }
      const hidden = await Promise.all(
        Array.from({ length: 8 }, () => people.marks.hide(me.id, message, anything(me.id))),
      );
      expect(hidden.filter((one) => one !== null)).toHaveLength(1);
      expect((await people.changes(me.id)).map((change) => change.version)).toEqual([1, 2, 3]);
    }
  });

  it('are listed page by page, the last one first, also those of one millisecond', async () => {
    const me = await people.person();
    const messages = Array.from({ length: 40 }, (_, n) => marked(randomUUID(), n + 1));
    for (const message of messages) await people.marks.star(me.id, message, true, anything(me.id));
    // Two times only: most of the order is by id.
    await people.sql.rows(
      'ties',
      `UPDATE message_marks SET starred_at = timestamptz '2026-03-01T09:12:44.311Z' - make_interval(secs => (seq % 2) * 0.001)
       WHERE user_id = $1`,
      [me.id],
    );
    const hidden = messages[6] as MarkedMessage;
    await people.marks.hide(me.id, hidden, anything(me.id));
    const whole = await people.marks.starred(me.id, null, 100);
    const paged = [];
    for (let before = null; ; ) {
      const page = await people.marks.starred(me.id, before, 7);
      paged.push(...page);
      const last = page.at(-1);
      if (!last) break;
      before = { starred_at: last.starred_at, message_id: last.message_id };
    }
    expect(paged).toEqual(whole);
    const expected = messages
      .filter((message) => message !== hidden)
      .map((message) => ({ ...message, starred_at: `2026-03-01T09:12:44.31${1 - (message.seq % 2)}Z` }))
      .sort((a, b) => {
        const [left, right] = [a, b].map((each) => each.starred_at + each.message_id) as [string, string];
        return left < right ? 1 : -1;
      });
    expect(whole).toEqual(expected);
  });

  it('go to the top when a message is starred anew', async () => {
    const me = await people.person();
    const [first, second] = [marked(), marked()];
    for (const message of [first, second]) await people.marks.star(me.id, message, true, anything(me.id));
    await people.sql.rows(
      'long-ago',
      "UPDATE message_marks SET starred_at = starred_at - interval '1 day' WHERE user_id = $1",
      [me.id],
    );
    await people.marks.star(me.id, first, false, anything(me.id));
    await people.marks.star(me.id, first, true, anything(me.id));
    const listed = await people.marks.starred(me.id, null, 10);
    expect(listed.map((message) => message.message_id)).toEqual([first.message_id, second.message_id]);
  });
});

describe('hidden messages', () => {
  it('stay hidden for ever, starred or not, and are told of once', async () => {
    const me = await people.person();
    const message = marked();
    await people.marks.star(me.id, message, true, anything(me.id));
    const tell = telling(me.id, { kind: 'hide', chat_id: message.chat_id, message_id: message.message_id });
    const told = await people.marks.hide(me.id, message, tell);
    expect(told?.events).toMatchObject([{ payload: { user_version: 2, change: { kind: 'hide' } } }]);
    expect(await people.marks.hide(me.id, message, tell)).toBeNull();
    await people.marks.star(me.id, message, false, anything(me.id));
    await people.marks.star(me.id, message, true, anything(me.id));
    expect(await people.marks.of(me.id, [message.message_id])).toEqual(
      new Map([[message.message_id, { starred: true, hidden: true }]]),
    );
    expect(await people.marks.starred(me.id, null, 10)).toEqual([]);
    expect((await people.changes(me.id))[1]).toEqual({ version: 2, kind: 'hide', ref: message.message_id });
  });

  it('are told for each window by itself', async () => {
    const [me, other] = [await people.person(), await people.person()];
    const [chat, quiet] = [randomUUID(), randomUUID()];
    const messages = Array.from({ length: 6 }, (_, n) => marked(chat, n + 1));
    for (const message of messages) await people.marks.hide(me.id, message, anything(me.id));
    await people.marks.hide(other.id, marked(quiet), anything(other.id));
    await people.marks.star(me.id, marked(quiet), true, anything(me.id));
    const ids = messages.map((message) => message.message_id);
    const windows = [
      { chatId: chat, after: 0, upTo: null },
      { chatId: quiet, after: 0, upTo: null },
      { chatId: chat, after: 2, upTo: 4 },
      { chatId: chat, after: 6, upTo: null },
    ];
    const hidden = await people.marks.hiddenIn(me.id, windows);
    expect(hidden.map((each) => new Set(each))).toEqual([
      new Set(ids),
      new Set(),
      new Set([ids[2], ids[3]]),
      new Set(),
    ]);
    expect(await people.marks.hiddenIn(me.id, [])).toEqual([]);
  });
});
