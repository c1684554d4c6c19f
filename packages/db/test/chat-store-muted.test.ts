/** Who has muted a chat, as it is asked for every message that might be pushed. */
import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { chatDatabase } from './support/chats.ts';

const db = chatDatabase();
const now = '2026-03-01T09:12:44.310Z';
const later = '2026-03-01T09:12:44.311Z';

const mute = (userId: string, chatId: string, mute_until: string | null) =>
  db.store().setOwn(userId, chatId, { is_muted: true, mute_until }, () => []);

it('says who has muted a chat for ever, or until later', async () => {
  const [ever = '', until = '', ended = '', unmuted = '', stranger = ''] = await db.users(5);
  const { chat_id } = await db.group([ever, until, ended, unmuted]);
  const other = await db.group([ever, unmuted]);
  await mute(ever, chat_id, null);
  await mute(until, chat_id, later);
  // The moment it ends it is over.
  await mute(ended, chat_id, now);
  await mute(unmuted, other.chat_id, null);
  const everybody = [ever, until, ended, unmuted, stranger];
  const muted = await db.store().mutedBy(chat_id, everybody, now);
  expect(muted).toEqual(new Set([ever, until]));
  expect(await db.store().mutedBy(chat_id, everybody, later)).toEqual(new Set([ever]));
  expect(await db.store().mutedBy(chat_id, [until, until], now)).toEqual(new Set([until]));
  expect(await db.store().mutedBy(randomUUID(), everybody, now)).toEqual(new Set());
});

it('asks once for all calls at the same time, and mixes nothing up', async () => {
  const users = await db.users(4);
  const chats = [await db.group(users), await db.group(users), await db.group(users)];
  for (const [n, { chat_id }] of chats.entries()) await mute(users[n] ?? '', chat_id, later);
  const store = db.store();
  const asked = vi.spyOn(db.sql(), 'rows');
  const answers = await Promise.all([
    ...chats.map(({ chat_id }) => store.mutedBy(chat_id, users, now)),
    store.mutedBy(chats[0]?.chat_id ?? '', users, later),
    store.mutedBy(chats[1]?.chat_id ?? '', [], now),
  ]);
  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockRestore();
  expect(answers).toEqual([...users.slice(0, 3).map((id) => new Set([id])), new Set(), new Set()]);
});
