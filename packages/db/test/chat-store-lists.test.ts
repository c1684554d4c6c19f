/** What the chat store knows for one user: the list of chats, and when others got a message. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chatDatabase, context, doing, told } from './support/chats.ts';

const db = chatDatabase();
const move = (chatId: string, userId: string, delivered: number, read = 0) => ({
  chatId,
  userId,
  delivered,
  read,
  context: context(),
});

describe('the list of chats', () => {
  it('knows every chat that the user is or was in', async () => {
    const [me = '', other = '', third = ''] = await db.users(3);
    const direct = await db.direct(other, me);
    const group = await db.group([me, other]);
    const left = await db.group([other, me]);
    await db.group([other, third]);
    await db.store().change(left.chat_id, 5, doing({ members: [{ kind: 'leave', userId: me }] }), told);
    const pin = (is_pinned: boolean) => db.store().setOwn(me, group.chat_id, { is_pinned }, () => []);
    await pin(true);

    const list = async () =>
      new Map((await db.store().memberships(me)).map((entry) => [entry.chat_id, entry]));
    const found = await list();
    const joined = (chat: typeof direct) => chat.members.get(me)?.joined_at;
    const never = { is_pinned: false, pin_changed_at: null, left_at: null, left_seq: null, joined_seq: 0 };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(found.get(direct.chat_id)).toEqual({
      ...never,
      chat_id: direct.chat_id,
      joined_at: joined(direct),
    });
    expect(found.get(left.chat_id)).toEqual({
      ...never,
      chat_id: left.chat_id,
      joined_at: joined(left),
      left_at: time,
      left_seq: 5,
    });
    const pinned = {
      ...never,
      chat_id: group.chat_id,
      joined_at: joined(group),
      is_pinned: true,
      pin_changed_at: time,
    };
    expect(found.get(group.chat_id)).toEqual(pinned);
    expect(found.size).toBe(3);
    const changedAt = found.get(group.chat_id)?.pin_changed_at ?? '';
    expect(Math.abs(Date.now() - Date.parse(changedAt))).toBeLessThan(60_000);
    // Only pinning and unpinning count.
    await db.store().setOwn(me, group.chat_id, { is_muted: true, is_pinned: true }, () => []);
    expect((await list()).get(group.chat_id)?.pin_changed_at).toBe(changedAt);
    await pin(false);
    const again = (await list()).get(group.chat_id);
    expect(again?.is_pinned).toBe(false);
    expect(Date.parse(again?.pin_changed_at ?? '')).toBeGreaterThan(Date.parse(changedAt));
    expect(await db.store().memberships(randomUUID())).toEqual([]);
  });

  it('shows chats as the user has them', async () => {
    const [me = '', other = '', stranger = ''] = await db.users(3);
    const direct = await db.direct(me, other);
    const group = await db.group([other, me], 'Lake');
    const foreign = await db.group([other, stranger]);
    await db.store().advance([move(direct.chat_id, other, 4, 2)]);
    await db
      .store()
      .change(group.chat_id, 0, doing({ settings: { description: 'In July', is_admin_only: true } }), told);
    const found = await db
      .store()
      .listings(me, [group.chat_id, foreign.chat_id, direct.chat_id, randomUUID()]);
    expect([...found.keys()].toSorted()).toEqual([direct.chat_id, group.chat_id].toSorted());
    const own = { is_muted: false, mute_until: null, is_pinned: false, left_at: null, left_version: null };
    const groupNow = await db.chat(group.chat_id);
    expect(found.get(group.chat_id)).toEqual({
      ...own,
      chat_id: group.chat_id,
      type: 'group',
      name: 'Lake',
      description: 'In July',
      avatar_url: '',
      is_admin_only: true,
      auto_delete_seconds: 0,
      state_version: 2,
      created_at: group.created_at,
      self: groupNow.members.get(me),
      other: null,
    });
    const directNow = await db.chat(direct.chat_id);
    expect(found.get(direct.chat_id)).toEqual({
      ...own,
      chat_id: direct.chat_id,
      type: 'direct',
      name: '',
      description: '',
      avatar_url: '',
      is_admin_only: false,
      auto_delete_seconds: 0,
      state_version: 2,
      created_at: direct.created_at,
      self: directNow.members.get(me),
      other: directNow.members.get(other),
    });
    expect(found.get(direct.chat_id)?.other).toMatchObject({ delivered_seq: 4, read_seq: 2 });
    expect(await db.store().listings(me, [])).toEqual(new Map());
  });

  it('tells where one of the two blocked the other', async () => {
    const [a = '', b = ''] = await db.users(2);
    const direct = await db.direct(a, b);
    const elsewhere = await db.direct(a, (await db.users(1))[0] ?? '');
    const group = await db.group([a, b]);
    const ids = [direct.chat_id, elsewhere.chat_id, group.chat_id];
    const blocked = async () => {
      const chats = await db.store().find(ids);
      return ids.map((id) => chats.get(id)?.blocked);
    };
    const block = (from: string, to: string, is: boolean) =>
      db.sql().rows(
        'block',
        `INSERT INTO contacts (user_id, contact_id, is_blocked) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, contact_id) DO UPDATE SET is_blocked = excluded.is_blocked`,
        [from, to, is],
      );
    await block(a, b, false);
    expect(await blocked()).toEqual([false, false, false]);
    await block(b, a, true);
    expect(await blocked()).toEqual([true, false, false]);
    await block(b, a, false);
    await block(a, b, true);
    expect(await blocked()).toEqual([true, false, false]);
  });

  it('finds the direct chat of a pair, whoever asks', async () => {
    const [a = '', b = '', c = ''] = await db.users(3);
    const { chat_id } = await db.direct(a, b);
    await db.group([a, c]);
    expect(await db.store().directOf(a, b)).toBe(chat_id);
    expect(await db.store().directOf(b, a)).toBe(chat_id);
    expect(await db.store().directOf(a, c)).toBeUndefined();
  });
});

describe('receipts', () => {
  it('say when each position passed the message, for those asked', async () => {
    const [a = '', b = '', c = '', d = ''] = await db.users(4);
    const { chat_id } = await db.group([a, b, c, d]);
    const other = await db.group([a, b]);
    const at = async (...moves: ReturnType<typeof move>[]) => {
      const [first] = await db.store().advance(moves);
      return first?.moved?.at;
    };
    await at(move(other.chat_id, b, 9, 9));
    await at(move(chat_id, b, 3, 2));
    const delivered = await at(move(chat_id, b, 6));
    await at(move(chat_id, b, 8, 4));
    const read = await at(move(chat_id, b, 0, 7));
    await at(move(chat_id, b, 0, 9));
    const both = await at(move(chat_id, c, 0, 5));
    const receipts = await db.store().receipts(chat_id, 5, [d, c, b]);
    expect(new Map(receipts.map((receipt) => [receipt.user_id, receipt]))).toEqual(
      new Map([
        [b, { user_id: b, delivered_at: delivered, read_at: read }],
        [c, { user_id: c, delivered_at: both, read_at: both }],
        [d, { user_id: d, delivered_at: null, read_at: null }],
      ]),
    );
    expect(receipts).toHaveLength(3);
    expect(await db.store().receipts(chat_id, 5, [])).toEqual([]);
  });
});
