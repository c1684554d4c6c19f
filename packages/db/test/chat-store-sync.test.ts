/** What sync asks of the chat store: the user's own changes, how it stands to chats, its memberships, participants that changed. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { PostgresContactStore } from '../src/contact-store.ts';
import { PostgresMarkStore } from '../src/mark-store.ts';
import { chatDatabase, context, doing, told } from './support/chats.ts';

const db = chatDatabase();
let admin = '';
let me = '';
let other = '';
beforeEach(async () => {
  [admin = '', me = '', other = ''] = await db.users(3);
});

const nothing = () => [];
const change = (chat: string, kind: 'join' | 'leave', userId: string, seq: number, version = seq) => {
  const member = kind === 'join' ? { kind, userId, role: 'member' as const } : { kind, userId };
  const decide = doing({ members: [member], version });
  return db.store().change(chat, seq, decide, told);
};
const joined = (chat: string, seq: number, ids = [me]) =>
  db.store().setWindows(chat, seq, ids, [], { version: seq, late: false });
const left = (chat: string, seq: number, ids = [me], late = false) =>
  db.store().setWindows(chat, seq, [], ids, { version: seq + 10, late });
const move = (chatId: string, userId: string, delivered: number, read = 0) =>
  db.store().advance([{ chatId, userId, delivered, read, context: context() }]);
const membership = async (chat: string, user = me) =>
  (await db.store().syncMemberships(user, [chat])).get(chat);

describe('changes of a user', () => {
  it('come in the order of their numbers, with how things stand now', async () => {
    const chat = (await db.group([admin, me])).chat_id;
    const [marks, contacts] = [new PostgresMarkStore(db.sql()), new PostgresContactStore(db.sql())];
    const message = { message_id: randomUUID(), chat_id: chat, seq: 1 };
    await marks.star(me, message, true, nothing);
    await contacts.setBlocked(me, other, true, nothing);
    await marks.star(me, message, false, nothing);
    await marks.hide(me, message, nothing);
    await db.store().setOwn(me, chat, { is_pinned: true }, nothing);
    const all = await db.store().userChanges(me, 0, 10);
    const about = { ref: message.message_id, chat_id: chat, is_set: false };
    expect(all).toEqual({
      head: 6,
      changes: [
        { version: 1, kind: 'chat', ref: chat, chat_id: chat, is_set: false },
        { version: 2, kind: 'star', ...about },
        { version: 3, kind: 'block', ref: other, chat_id: null, is_set: true },
        { version: 4, kind: 'star', ...about },
        { version: 5, kind: 'hide', ...about },
        { version: 6, kind: 'chat_own', ref: chat, chat_id: chat, is_set: false },
      ],
    });
    const versions = async (after: number, limit: number) =>
      (await db.store().userChanges(me, after, limit))?.changes.map(({ version }) => version);
    expect(await versions(2, 3)).toEqual([3, 4, 5]);
    expect(await versions(6, 3)).toEqual([]);
    // A number that is larger than the head is none of this user's.
    expect(await versions(7, 2)).toEqual([1, 2]);
  });

  it('are none of who has none, and undefined of nobody', async () => {
    expect(await db.store().userChanges(other, 0, 5)).toEqual({ head: 0, changes: [] });
    expect(await db.store().userChanges(randomUUID(), 0, 5)).toBeUndefined();
  });
});

describe('standings', () => {
  it('tell strangers, former members who were not told all, and chats that moved', async () => {
    const [same, moved, former, foreign] = [
      (await db.group([admin, me])).chat_id,
      (await db.group([admin, me])).chat_id,
      (await db.group([admin, me])).chat_id,
      (await db.group([admin, other])).chat_id,
    ];
    await move(moved, admin, 3);
    await change(former, 'leave', me, 5, 8);
    const missing = randomUUID();
    const ask = async (numbers: Record<string, [number, number]>) => {
      const known = Object.entries(numbers).map(([chatId, [version, stateVersion]]) => {
        return { chatId, version, stateVersion };
      });
      return Object.fromEntries(await db.store().standings(me, known));
    };
    expect(
      await ask({ [same]: [0, 1], [moved]: [0, 1], [former]: [0, 1], [foreign]: [0, 1], [missing]: [0, 0] }),
    ).toEqual({ [moved]: 'moved', [former]: 'former', [foreign]: 'stranger', [missing]: 'stranger' });
    expect(await ask({ [same]: [0, 7] })).toEqual({ [same]: 'moved' });
    // Until it is known where the window ends there is nothing more to tell.
    expect(await ask({ [former]: [7, 1] })).toEqual({ [former]: 'former' });
    expect(await ask({ [former]: [8, 1] })).toEqual({ [former]: 'done' });
    await left(former, 7);
    expect(await ask({ [former]: [8, 2] })).toEqual({ [former]: 'former' });
    expect(await ask({ [former]: [16, 2] })).toEqual({ [former]: 'done' });
    expect(await ask({ [former]: [8, 1] })).toEqual({ [former]: 'former' });
    await move(former, admin, 3);
    expect(await ask({ [former]: [20, 2] })).toEqual({ [former]: 'done' });
    expect(await ask({})).toEqual({});
    await change(same, 'join', other, 3);
    expect(await ask({ [same]: [0, 1] })).toEqual({});
    expect(await ask({ [same]: [0, 0] })).toEqual({ [same]: 'moved' });
    await joined(same, 4, [other]);
    expect(await ask({ [same]: [0, 1] })).toEqual({ [same]: 'moved' });
  });
});

describe('memberships', () => {
  it('tell the numbers up to which it is known who sees what', async () => {
    const chat = (await db.group([admin])).chat_id;
    expect(await membership(chat)).toBeUndefined();
    const begins = { chat_id: chat, joined_seq: 0, left_seq: null, joined_version: 0, left_version: null };
    expect(await membership(chat, admin)).toEqual({ ...begins, state_version: 1, settled_version: 1 });
    await change(chat, 'join', me, 4);
    await move(chat, admin, 3);
    expect(await membership(chat, admin)).toEqual({ ...begins, state_version: 3, settled_version: 1 });
    const mine = { ...begins, joined_version: 2, state_version: 3 };
    expect(await membership(chat)).toEqual({ ...mine, joined_seq: null, settled_version: 1 });
    await joined(chat, 6);
    expect(await membership(chat)).toEqual({ ...mine, joined_seq: 5, settled_version: 3 });
    expect(await membership(chat, admin)).toMatchObject({ state_version: 3, settled_version: 3 });
  });

  it('of who left end with leaving, whatever comes later', async () => {
    const chat = (await db.group([admin, me, other])).chat_id;
    await change(chat, 'leave', me, 9, 12);
    const gone = { chat_id: chat, joined_seq: 0, joined_version: 0, state_version: 2 };
    expect(await membership(chat)).toEqual({ ...gone, left_seq: 9, left_version: 12, settled_version: 1 });
    expect(await membership(chat, admin)).toMatchObject({ state_version: 2, settled_version: 1 });
    // Its message stands at 11 and has version 21: what came before both is theirs.
    await left(chat, 11);
    await move(chat, other, 4);
    expect(await membership(chat)).toEqual({ ...gone, left_seq: 10, left_version: 20, settled_version: 2 });
    await change(chat, 'join', me, 30);
    await joined(chat, 31);
    expect(await membership(chat)).toMatchObject({ joined_seq: 30, joined_version: 4, left_version: null });
  });

  it('do not wait for ever for a message that was stored too late', async () => {
    const chat = (await db.group([admin, me])).chat_id;
    await change(chat, 'leave', me, 9, 12);
    await left(chat, 40, [me], true);
    expect(await membership(chat)).toMatchObject({ left_seq: 9, left_version: 12, settled_version: 2 });
    expect(await membership(chat, admin)).toMatchObject({ settled_version: 2 });
  });
});

describe('participants', () => {
  const ask = async (chat: string, stateVersion: number, viewer = me, limit = 100) => {
    const found = await membership(chat, viewer);
    const { joined_seq, joined_version } = found ?? { joined_seq: 0, joined_version: 0 };
    const one = { chatId: chat, stateVersion, joinedSeq: joined_seq ?? 0, joinedVersion: joined_version };
    return db.store().participantsSince([one], limit);
  };
  const names = (found: { user_id: string }[]) => found.map(({ user_id }) => user_id);

  it('come in the order of their last change', async () => {
    const chat = (await db.group([admin, me, other])).chat_id;
    await move(chat, other, 3, 2);
    await move(chat, admin, 4);
    const found = await ask(chat, 1);
    expect(found).toMatchObject([
      { chat_id: chat, user_id: other, state_version: 2, delivered_seq: 3, read_seq: 2, left_seq: null },
      { chat_id: chat, user_id: admin, state_version: 3, delivered_seq: 4, read_seq: 0 },
    ]);
    expect(names(await ask(chat, 2))).toEqual([admin]);
    expect(names(await ask(chat, -1))).toEqual(
      [me, other, admin].toSorted((a, b) => Number(b === me) - Number(a === me)),
    );
    expect(await ask(chat, 3)).toEqual([]);
  });

  it('are chat after chat, cut in all', async () => {
    const chats = [(await db.group([admin, me])).chat_id, (await db.group([admin, me, other])).chat_id];
    const asks = chats.map((chatId) => ({ chatId, stateVersion: 0, joinedSeq: 0, joinedVersion: 0 }));
    const found = await db.store().participantsSince(asks, 4);
    expect(found.map(({ chat_id }) => chat_id)).toEqual([chats[0], chats[0], chats[1], chats[1]]);
    expect(await db.store().participantsSince(asks.toReversed(), 10)).toHaveLength(5);
    expect(await db.store().participantsSince([], 10)).toEqual([]);
  });

  it('are not told before their window is known', async () => {
    const chat = (await db.group([admin, me])).chat_id;
    await change(chat, 'join', other, 3);
    expect(names(await ask(chat, 1))).toEqual([]);
    await joined(chat, 4, [other]);
    expect(names(await ask(chat, 1))).toEqual([other]);
    await change(chat, 'leave', other, 8);
    expect(names(await ask(chat, 2))).toEqual([]);
    await left(chat, 9, [other]);
    expect(await ask(chat, 2)).toMatchObject([{ user_id: other, joined_seq: 3, left_seq: 8 }]);
  });

  it('are those whose time met the viewer’s', async () => {
    const chat = (await db.group([admin, other])).chat_id;
    await change(chat, 'leave', other, 5);
    await left(chat, 6, [other]);
    await change(chat, 'join', me, 10);
    await joined(chat, 11);
    // Whoever left before, is nobody the viewer ever saw; whoever leaves after, is told, without a common message too.
    expect(names(await ask(chat, -1)).toSorted()).toEqual([admin, me].toSorted());
    expect(names(await ask(chat, -1, admin)).toSorted()).toEqual([admin, me, other].toSorted());
    const [third = ''] = await db.users(1);
    await change(chat, 'join', third, 10);
    await joined(chat, 11, [third]);
    await change(chat, 'leave', third, 10);
    await left(chat, 11, [third]);
    expect(names(await ask(chat, -1)).toSorted()).toEqual([admin, me, third].toSorted());
  });
});
