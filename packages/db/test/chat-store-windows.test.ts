/** Windows: what members see begins and ends where the system message stands that tells of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { chatDatabase, doing, told, unsettled } from './support/chats.ts';

const db = chatDatabase();
let [admin = '', user = '', chatId = ''] = [];
beforeEach(async () => {
  [admin = '', user = ''] = await db.users(2);
  chatId = (await db.group([admin])).chat_id;
});

const change = (headSeq: number, kind: 'join' | 'leave') =>
  db.store().change(chatId, headSeq, doing({ members: [{ kind, userId: user, role: 'member' }] }), told);
const joined = (seq: number, ids = [user]) => db.store().setWindows(chatId, seq, ids, []);
const left = (seq: number, ids = [user]) => db.store().setWindows(chatId, seq, [], ids);
const window = async () => {
  const member = (await db.chat(chatId)).members.get(user);
  return [member?.joined_seq, member?.left_seq];
};

describe('windows', () => {
  it('begin and end with the system messages, once', async () => {
    await change(10, 'join');
    expect(await window()).toEqual([unsettled, null]);
    await joined(13);
    expect(await window()).toEqual([12, null]);
    await joined(13);
    // No other message tells of the same change; a wrong one moves nothing any more.
    await joined(12);
    await joined(20);
    await left(20);
    expect(await window()).toEqual([12, null]);

    await change(20, 'leave');
    expect(await window()).toEqual([12, 20]);
    await left(23);
    expect(await window()).toEqual([12, 22]);
    await left(23);
    await left(30);
    await joined(30);
    expect(await window()).toEqual([12, 22]);
  });

  it('stay where they are when the message is the next one', async () => {
    await change(10, 'join');
    await joined(11);
    await change(11, 'leave');
    await left(12);
    expect(await window()).toEqual([10, 11]);
  });

  it('are not reached by messages from before', async () => {
    await change(10, 'join');
    await joined(10);
    expect(await window()).toEqual([unsettled, null]);
    await change(15, 'leave');
    await left(15);
    expect(await window()).toEqual([unsettled, 15]);
    // And so are still to be settled.
    await left(17);
    await joined(12);
    expect(await window()).toEqual([11, 16]);
  });

  it('take their ends in any order', async () => {
    await change(10, 'join');
    await change(10, 'leave');
    await left(13);
    await joined(12);
    expect(await window()).toEqual([11, 12]);
  });

  it('of who was removed and added again are not touched by late news of the first time', async () => {
    await change(10, 'join');
    await change(20, 'leave');
    await change(30, 'join');
    // Sweeps repeat what is told of the first join and of the leave.
    await joined(12);
    await left(22);
    expect(await window()).toEqual([unsettled, null]);
    await joined(31);
    // Stored late, after a crash: their messages stand behind those of the second join.
    await joined(40);
    await left(41);
    expect(await window()).toEqual([30, null]);
    // It can end as always, and only with its own message.
    await change(50, 'leave');
    await joined(40);
    await left(52);
    await left(41);
    await left(60);
    expect(await window()).toEqual([30, 51]);
  });

  it('are those of the members named, in their chat', async () => {
    const [other = ''] = await db.users(1);
    const elsewhere = (await db.group([admin])).chat_id;
    const both = doing({
      members: [
        { kind: 'join', userId: user, role: 'member' },
        { kind: 'join', userId: other, role: 'member' },
      ],
    });
    for (const id of [chatId, elsewhere]) await db.store().change(id, 5, both, told);
    const versionBefore = (await db.chat(chatId)).state_version;
    await joined(9, [other]);
    const now = await db.chat(chatId);
    expect(now.members.get(other)?.joined_seq).toBe(8);
    expect(now.members.get(user)?.joined_seq).toBe(unsettled);
    expect((await db.chat(elsewhere)).members.get(other)?.joined_seq).toBe(unsettled);
    expect(now.state_version).toBe(versionBefore);
    await joined(9, []);
  });

  it('of who joins are empty until they begin, wherever they are read', async () => {
    const begins = async () => {
      const [entry] = (await db.store().memberships(user)).filter((each) => each.chat_id === chatId);
      const listing = (await db.store().listings(user, [chatId])).get(chatId);
      const [found] = await window();
      return [found, listing?.self.joined_seq, entry?.joined_seq];
    };
    const empty = [unsettled, unsettled, unsettled];
    await change(10, 'join');
    expect(await begins()).toEqual(empty);
    await joined(14);
    expect(await begins()).toEqual([13, 13, 13]);
    await change(20, 'leave');
    await left(21);
    expect(await begins()).toEqual([13, 13, 13]);
    // What was seen before is not seen any more; what comes is not seen yet.
    await change(30, 'join');
    expect(await begins()).toEqual(empty);
    // Who is removed before it is known where the window begins has seen nothing.
    await change(31, 'leave');
    expect(await begins()).toEqual(empty);
    await joined(31);
    expect(await begins()).toEqual([30, 30, 30]);
  });

  it('of those who made a group begin with it, wherever the message stands', async () => {
    const { chat_id } = await db.group([admin, user]);
    await db.store().setWindows(chat_id, 4, [admin, user], []);
    const members = [...(await db.chat(chat_id)).members.values()];
    expect(members.map((member) => member.joined_seq)).toEqual([0, 0]);
  });
});
