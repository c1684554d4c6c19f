/** What a page of sync holds, and what is told of one chat: decided without a store. */
import { randomUUID } from 'node:crypto';
import { limits } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import type { SyncMembership, UserChangeRecord } from '../src/ports/stores.ts';
import { planChat } from '../src/sync/chat-plan.ts';
import type { Held, Sight } from '../src/sync/look.ts';
import { planPage } from '../src/sync/page.ts';

const chat = randomUUID();
const membership = (fields: Partial<SyncMembership> = {}): SyncMembership => ({
  chat_id: chat,
  joined_seq: 0,
  left_seq: null,
  joined_version: 0,
  state_version: 9,
  settled_version: 9,
  left_version: null,
  ...fields,
});
const head = { seq: 50, version: 80 };
const options = { named: false, first: 20 };
const plan = (
  numbers: [version: number, state: number] | null,
  fields: Partial<SyncMembership> = {},
  more: Partial<typeof options> = {},
) => {
  const known = numbers ? { version: numbers[0], state_version: numbers[1] } : undefined;
  return planChat(chat, known, membership(fields), head, { ...options, ...more });
};

describe('the plan of a chat', () => {
  it('is none where nothing is newer, unless something names it', () => {
    expect(plan([80, 9])).toBeUndefined();
    expect(plan([80, 9], {}, { named: true })).toMatchObject({ kind: 'delta', limit: 0 });
    expect(plan([79, 9])).toMatchObject({ kind: 'delta', version: { from: 79, upTo: 80 }, limit: 1 });
    expect(plan([80, 8])).toMatchObject({ kind: 'delta', state: { from: 8, upTo: 9 }, limit: 0 });
  });

  it('begins anew where what is held is of no use', () => {
    const anew = { kind: 'reset', version: { from: 0, upTo: 80 }, newest: { from: 30, to: 50 }, limit: 20 };
    expect(plan(null)).toMatchObject({ ...anew, state: { from: -1, upTo: 9 } });
    for (const numbers of [
      [81, 9],
      [80, 10],
    ] as [number, number][])
      expect(plan(numbers)).toMatchObject(anew);
    expect(plan([80, 5], { joined_version: 6, joined_seq: 45 })).toMatchObject({
      kind: 'reset',
      newest: { from: 45, to: 50 },
      limit: 5,
    });
    expect(plan([80, 6], { joined_version: 6 })).toMatchObject({ kind: 'delta' });
    const far = { seq: 50, version: 80 + limits.syncSpan };
    const of = (version: number) =>
      planChat(chat, { version, state_version: 9 }, membership(), far, options)?.kind;
    expect([of(80), of(79)]).toEqual(['delta', 'reset']);
  });

  it('ends before what is not settled, and never goes back', () => {
    expect(plan([80, 4], { settled_version: 6 })).toMatchObject({ state: { from: 4, upTo: 6 } });
    expect(plan([80, 6], { settled_version: 6 })).toBeUndefined();
    expect(plan([79, 8], { settled_version: 6 })).toMatchObject({ state: { from: 8, upTo: 8 } });
    expect(plan([80, 9], { joined_seq: null })).toMatchObject({ kind: 'unknown', removed: false });
  });

  it('of who left ends with leaving', () => {
    const left = { left_seq: 40, left_version: 60, state_version: 7, settled_version: 7 };
    expect(plan([60, 7], left)).toBeUndefined();
    // It may have been told a little more as a member.
    expect(plan([61, 7], left)).toBeUndefined();
    expect(plan([61, 6], left)).toMatchObject({
      kind: 'delta',
      removed: true,
      version: { from: 60, upTo: 60 },
    });
    expect(plan([50, 7], left)).toMatchObject({ version: { from: 50, upTo: 60 }, state: { upTo: 7 } });
    expect(plan(null, left)).toMatchObject({ kind: 'reset', removed: true, newest: { from: 20, to: 40 } });
    const stranger = planChat(chat, { version: 1, state_version: 1 }, undefined, head, options);
    expect(stranger).toMatchObject({ kind: 'unknown', removed: true, membership: null });
  });
});

describe('a page', () => {
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const row = (version: number, chatId: string | null, kind: UserChangeRecord['kind'] = 'chat') => {
    return { version, kind, ref: chatId, chat_id: chatId, is_set: false };
  };
  const sight = (fields: Partial<Sight>): Sight => ({
    head: 9,
    rows: [],
    moreRows: false,
    strange: [],
    moved: [],
    moreMoved: false,
    heads: new Map(ids.map((id) => [id, head])),
    memberships: new Map(ids.map((id) => [id, membership({ chat_id: id })])),
    ...fields,
  });
  const held = (version: number): Held => ({
    user: 1,
    chats: new Map(ids.map((id) => [id, { version, state_version: 9 }])),
  });
  const nothing: Held = { user: 0, chats: new Map() };

  it('is filled with own changes, then with the chats', () => {
    const rows = [row(1, null, 'profile'), row(2, ids[0] ?? '')];
    const page = planPage(sight({ rows, moved: ids.slice(1) }), held(75), 100);
    expect(page.rows).toEqual(rows);
    expect(page.chats.map(({ chatId, limit }) => [chatId, limit])).toEqual(ids.map((id) => [id, 5]));
    expect([page.userVersion, page.hasMore]).toEqual([9, false]);
  });

  it('cuts the messages of the chat that fills it, and puts nothing behind it', () => {
    const page = planPage(sight({ moved: ids }), held(60), 50);
    expect(page.chats.map(({ limit }) => limit)).toEqual([20, 20, 7]);
    expect(page.hasMore).toBe(true);
  });

  it('cuts own changes before a new chat that does not fit, with the number up to there', () => {
    const rows = ids.map((id, n) => row(n + 3, id));
    const page = planPage(sight({ rows }), nothing, 50);
    expect(page.chats.map(({ chatId }) => chatId)).toEqual(ids.slice(0, 2));
    expect([page.userVersion, page.hasMore]).toEqual([4, true]);
    // Chats that are held cost no more than being told.
    const known = planPage(sight({ rows }), held(80), 50);
    expect([known.chats.length, known.userVersion, known.hasMore]).toEqual([6, 9, false]);
  });

  it('tells each thing once, by its last change', () => {
    const rows = [
      row(1, ids[0] ?? ''),
      row(2, null, 'profile'),
      row(3, ids[0] ?? ''),
      row(4, null, 'profile'),
    ];
    const page = planPage(sight({ rows }), nothing, 50);
    expect(page.rows.map(({ version }) => version)).toEqual([3, 4]);
    expect(page.chats).toHaveLength(1);
  });

  it('always holds something', () => {
    const fresh = planPage(sight({ rows: [row(5, ids[0] ?? ''), row(6, null, 'profile')] }), nothing, 1);
    expect([fresh.chats.length, fresh.userVersion, fresh.hasMore]).toEqual([1, 5, true]);
    expect(fresh.chats[0]?.limit).toBe(1);
    const delta = planPage(sight({ moved: ids }), held(60), 1);
    expect(delta.chats.map(({ limit }) => limit)).toEqual([1]);
    expect(delta.hasMore).toBe(true);
  });

  it('leaves out what does not fit for other reasons, with the own changes that name it', () => {
    const rows = ids.slice(0, 3).map((id, n) => row(n + 3, id));
    const page = planPage(sight({ rows, moved: ids.slice(3) }), held(80), 50, 1);
    expect([page.chats.length, page.userVersion, page.hasMore]).toEqual([1, 3, true]);
    const others = planPage(sight({ moved: ids }), held(79), 50, 2);
    expect([others.chats.length, others.userVersion, others.hasMore]).toEqual([2, 9, true]);
  });

  it('goes on where there was more to look at', () => {
    expect(planPage(sight({ moreMoved: true }), held(80), 50).hasMore).toBe(true);
    const rows = [row(4, null, 'profile')];
    expect(planPage(sight({ rows, moreRows: true }), held(80), 50)).toMatchObject({
      userVersion: 4,
      hasMore: true,
    });
  });

  it('names chats that are not the caller’s, however many', () => {
    const page = planPage(sight({ strange: ids, memberships: new Map() }), held(80), 1);
    expect(page.strange.map(({ chatId, kind }) => [chatId, kind])).toEqual(ids.map((id) => [id, 'unknown']));
    expect(page.hasMore).toBe(false);
  });
});
