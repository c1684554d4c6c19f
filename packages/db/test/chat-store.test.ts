/** What the chat store promises of groups, changes and own settings, on a real PostgreSQL. */
import { randomUUID } from 'node:crypto';
import type { ChatChanged, MemberChange } from '@parley/core';
import { describe, expect, it } from 'vitest';
import { chatDatabase, doing, told, unsettled } from './support/chats.ts';

const db = chatDatabase();

describe('a new group', () => {
  it('is there with its members, their versions and what is told of it, in one commit', async () => {
    const [creator = '', ...others] = await db.users(3);
    const chatId = randomUUID();
    const input = { chatId, creator, others: [...others, creator], name: 'Lake', description: 'In July' };
    const made = await db.store().createGroup(input, (chat, versions) => [
      { subject: 'events', payload: { id: chat.chat_id, members: chat.members.size } },
      { subject: 'chat.system', payload: { versions } },
    ]);
    const all = [creator, ...others];
    expect(made?.chat).toMatchObject({
      chat_id: chatId,
      type: 'group',
      name: 'Lake',
      description: 'In July',
      avatar_url: '',
      is_admin_only: false,
      auto_delete_seconds: 0,
      state_version: 1,
      blocked: false,
    });
    expect(await db.chat(chatId)).toEqual(made?.chat);
    expect(
      [...(made?.chat.members.values() ?? [])].toSorted(
        (a, b) => all.indexOf(a.user_id) - all.indexOf(b.user_id),
      ),
    ).toMatchObject(
      all.map((user_id) => ({
        user_id,
        role: user_id === creator ? 'admin' : 'member',
        joined_seq: 0,
        left_seq: null,
        delivered_seq: 0,
        read_seq: 0,
      })),
    );
    const versions = Object.fromEntries(all.map((id) => [id, 1]));
    expect(made?.userVersions).toEqual(versions);
    for (const id of all)
      expect(await db.userChanges(id)).toEqual([{ version: 1, kind: 'chat', ref: chatId }]);
    expect(made?.outboxIds).toEqual([expect.any(String), expect.any(String)]);
    expect(await db.outboxRows(made?.outboxIds)).toEqual([
      { subject: 'events', payload: { id: chatId, members: 3 } },
      { subject: 'chat.system', payload: { versions } },
    ]);
  });

  it('is not made with somebody who does not exist, or where telling fails', async () => {
    const [creator = '', other = ''] = await db.users(2);
    const input = { chatId: randomUUID(), creator, others: [other], name: 'No', description: '' };
    const before = await db.everything();
    expect(await db.store().createGroup({ ...input, others: [other, randomUUID()] }, told)).toBeUndefined();
    const failure = new Error('cannot be told');
    const failing = db.store().createGroup(input, () => {
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await db.everything()).toEqual(before);
  });
});

describe('a change', () => {
  it('numbers members in their order and then the settings, and tells of them in the same commit', async () => {
    const [a = '', b = '', c = '', d = ''] = await db.users(4);
    const { chat_id } = await db.group([a, b, c]);
    const members: MemberChange[] = [
      { kind: 'leave', userId: b },
      { kind: 'role', userId: a, role: 'admin' },
      { kind: 'join', userId: d, role: 'member' },
      { kind: 'role', userId: c, role: 'admin' },
    ];
    const told: unknown[] = [];
    const { result, changed, outboxIds } = await db.store().change(
      chat_id,
      7,
      (chat) => {
        expect(chat.members.size).toBe(3);
        return { result: 'done', members, settings: { name: 'Lake', description: '', is_admin_only: true } };
      },
      (change, decided) => {
        told.push(change);
        return [
          { subject: 'events', payload: { versions: change.members.map((m) => m.stateVersion) } },
          { subject: 'chat.system', payload: { decided } },
        ];
      },
    );
    expect(result).toBe('done');
    expect(told).toEqual([changed]);
    // The admin who became one changes nothing, and takes no number.
    expect(changed).toEqual({
      chat: await db.chat(chat_id),
      settings: { name: 'Lake', is_admin_only: true },
      settingsVersion: 5,
      members: [
        { kind: 'leave', userId: b, stateVersion: 2, userVersion: 2 },
        { kind: 'join', userId: d, role: 'member', stateVersion: 3, userVersion: 1 },
        { kind: 'role', userId: c, role: 'admin', stateVersion: 4, userVersion: null },
      ],
    } satisfies ChatChanged);
    expect(changed?.chat).toMatchObject({ state_version: 5, name: 'Lake', is_admin_only: true });
    expect(changed?.chat.members.get(b)).toMatchObject({ left_seq: 7, joined_seq: 0 });
    expect(changed?.chat.members.get(c)).toMatchObject({ role: 'admin', left_seq: null, joined_seq: 0 });
    expect(changed?.chat.members.get(d)).toMatchObject({
      role: 'member',
      left_seq: null,
      joined_seq: unsettled,
    });
    expect(await db.outboxRows(outboxIds)).toEqual([
      { subject: 'events', payload: { versions: [2, 3, 4] } },
      { subject: 'chat.system', payload: { decided: 'done' } },
    ]);
    const rows = await db
      .sql()
      .rows<{ user_id: string; version: number }>(
        'row-versions',
        'SELECT user_id, state_version AS version FROM chat_participants WHERE chat_id = $1',
        [chat_id],
      );
    expect(new Map(rows.map((row) => [row.user_id, row.version]))).toEqual(
      new Map([
        [a, 1],
        [b, 2],
        [c, 4],
        [d, 3],
      ]),
    );
    expect(await db.userChanges(b)).toEqual([
      { version: 1, kind: 'chat', ref: chat_id },
      { version: 2, kind: 'chat', ref: chat_id },
    ]);
    expect(await db.userChanges(c)).toHaveLength(1);
  });

  it('that changes nothing is neither numbered nor told', async () => {
    const [a = '', b = ''] = await db.users(2);
    const { chat_id } = await db.group([a, b], 'Same');
    const before = await db.everything();
    const decision = {
      members: [{ kind: 'role' as const, userId: b, role: 'member' as const }],
      settings: { name: 'Same', auto_delete_seconds: 0 as const },
    };
    const outcome = await db.store().change(chat_id, 1, doing(decision), () => {
      throw new Error('nothing is to be told');
    });
    expect(outcome).toEqual({ result: null, changed: null, outboxIds: [] });
    expect(await db.everything()).toEqual(before);
  });

  it('lets who left come back: positions and own settings stay, the window begins anew', async () => {
    const [a = '', b = ''] = await db.users(2);
    const { chat_id } = await db.group([a, b]);
    await db
      .store()
      .change(chat_id, 3, doing({ members: [{ kind: 'role', userId: b, role: 'admin' }] }), told);
    await db.store().advance([
      {
        chatId: chat_id,
        userId: b,
        delivered: 6,
        read: 4,
        context: { eventId: 'e', requestId: 'r', trace: null, origin: null },
      },
    ]);
    await db.store().setOwn(b, chat_id, { is_pinned: true }, () => []);
    const joined = (await db.chat(chat_id)).members.get(b)?.joined_at ?? '';
    await db.store().change(chat_id, 6, doing({ members: [{ kind: 'leave', userId: b }] }), told);
    expect((await db.store().listings(b, [chat_id])).get(chat_id)?.left_at).not.toBeNull();
    await db
      .store()
      .change(chat_id, 9, doing({ members: [{ kind: 'join', userId: b, role: 'member' }] }), told);
    const { members } = await db.chat(chat_id);
    expect(members.get(b)).toMatchObject({
      role: 'member',
      joined_seq: unsettled,
      left_seq: null,
      delivered_seq: 6,
      read_seq: 4,
    });
    expect(Date.parse(members.get(b)?.joined_at ?? '')).toBeGreaterThan(Date.parse(joined));
    const listing = (await db.store().listings(b, [chat_id])).get(chat_id);
    expect(listing).toMatchObject({ is_pinned: true, left_at: null });
    await db.store().setWindows(chat_id, 10, [b], []);
    expect((await db.chat(chat_id)).members.get(b)?.joined_seq).toBe(9);
    // Where the newest message was read too early, the end of the earlier window is known better.
    await db.store().change(chat_id, 12, doing({ members: [{ kind: 'leave', userId: b }] }), told);
    await db
      .store()
      .change(chat_id, 11, doing({ members: [{ kind: 'join', userId: b, role: 'admin' }] }), told);
    await db.store().setWindows(chat_id, 12, [b], []);
    const again = (await db.chat(chat_id)).members.get(b);
    expect(again).toMatchObject({ role: 'admin', joined_seq: unsettled, left_seq: null });
    await db.store().setWindows(chat_id, 13, [b], []);
    expect((await db.chat(chat_id)).members.get(b)?.joined_seq).toBe(12);
  });

  it('of a direct chat sets the timer, and nothing else', async () => {
    const [a = '', b = ''] = await db.users(2);
    const { chat_id } = await db.direct(a, b);
    const { changed } = await db
      .store()
      .change(chat_id, 0, doing({ settings: { auto_delete_seconds: 604_800 } }), told);
    expect(changed).toMatchObject({
      settings: { auto_delete_seconds: 604_800 },
      settingsVersion: 2,
      members: [],
    });
    expect(await db.chat(chat_id)).toMatchObject({
      auto_delete_seconds: 604_800,
      name: '',
      description: '',
      avatar_url: '',
      is_admin_only: false,
    });
  });
});
