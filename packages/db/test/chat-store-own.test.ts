/** What members set for themselves of a chat. */
import { randomUUID } from 'node:crypto';
import type { AnyBusEvent } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import { chatDatabase, doing, told } from './support/chats.ts';

const db = chatDatabase();

describe('own settings', () => {
  /** The events of a change, and how often they were asked for. */
  const telling = () => {
    const asked: number[] = [];
    const event = (user_version: number): AnyBusEvent => ({
      event_id: randomUUID(),
      event_type: 'user.updated',
      timestamp: '2026-03-01T09:12:44.310Z',
      request_id: 'r',
      trace: null,
      payload: { user_id: randomUUID(), user_version, change: { kind: 'profile' } },
    });
    const tell = (version: number) => {
      asked.push(version);
      return [event(version)];
    };
    return { asked, tell };
  };

  it('are told to the user alone, and only where they change', async () => {
    const [a = '', b = ''] = await db.users(2);
    const { chat_id, state_version } = await db.direct(a, b);
    const { asked, tell } = telling();
    const set = (patch: Parameters<ReturnType<typeof db.store>['setOwn']>[2]) =>
      db.store().setOwn(a, chat_id, patch, tell);

    const muted = await set({ is_muted: true, mute_until: '2030-01-01T01:00:00+01:00' });
    const settings = { is_muted: true, mute_until: '2030-01-01T00:00:00.000Z', is_pinned: false };
    expect(muted).toEqual({ settings, told: { outboxId: expect.any(String), events: expect.any(Array) } });
    expect(await db.outboxRows([muted?.told?.outboxId ?? ''])).toEqual([
      { subject: 'events', payload: { events: muted?.told?.events } },
    ]);
    // The same again, in another form: not told.
    expect(await set({ is_muted: true, mute_until: '2030-01-01T00:00:00.000Z' })).toEqual({
      settings,
      told: null,
    });
    expect(await set({})).toEqual({ settings, told: null });
    expect(await set({ is_pinned: true })).toMatchObject({ settings: { ...settings, is_pinned: true } });
    // For ever.
    expect(await set({ mute_until: null })).toMatchObject({ settings: { is_muted: true, mute_until: null } });
    await set({ mute_until: '2031-01-01T00:00:00.000Z' });
    const unmuted = { is_muted: false, mute_until: null, is_pinned: true };
    expect(await set({ is_muted: false })).toMatchObject({ settings: unmuted });
    expect(await set({ is_muted: false, mute_until: '2030-01-01T00:00:00Z' })).toEqual({
      settings: unmuted,
      told: null,
    });

    expect(asked).toEqual([2, 3, 4, 5, 6]);
    expect((await db.userChanges(a)).slice(1)).toEqual(
      asked.map((version) => ({ version, kind: 'chat_own', ref: chat_id })),
    );
    expect((await db.store().listings(a, [chat_id])).get(chat_id)).toMatchObject(unmuted);
    // Nothing of it is the other one's business.
    expect(await db.userChanges(b)).toHaveLength(1);
    expect((await db.store().listings(b, [chat_id])).get(chat_id)).toMatchObject({ is_pinned: false });
    expect((await db.chat(chat_id)).state_version).toBe(state_version);
  });

  it('are nobody else’s, and stay as they were where telling fails', async () => {
    const [a = '', b = '', stranger = ''] = await db.users(3);
    const { chat_id } = await db.group([a, b]);
    expect(await db.store().setOwn(stranger, chat_id, { is_pinned: true }, () => [])).toBeUndefined();
    expect(await db.store().setOwn(a, randomUUID(), { is_pinned: true }, () => [])).toBeUndefined();
    const before = await db.everything();
    const failure = new Error('cannot be told');
    const failing = db.store().setOwn(a, chat_id, { is_pinned: true }, () => {
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await db.everything()).toEqual(before);
  });

  it('can still be set by who left', async () => {
    const [a = '', b = ''] = await db.users(2);
    const { chat_id } = await db.group([a, b]);
    await db.store().change(chat_id, 0, doing({ members: [{ kind: 'leave', userId: b }] }), told);
    const set = await db.store().setOwn(b, chat_id, { is_pinned: true }, () => []);
    expect(set?.settings.is_pinned).toBe(true);
  });
});
