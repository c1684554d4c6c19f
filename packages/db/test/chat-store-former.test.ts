/** What who left keeps of a chat: it as it was then, whatever the others make of it since. */
import type { ChatDecision, ChatSettings } from '@parley/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { chatDatabase, doing, told } from './support/chats.ts';

const db = chatDatabase();
const first: ChatSettings = {
  name: 'Lake',
  description: 'In July',
  avatar_url: 'https://cdn.example/lake.png',
  is_admin_only: true,
  auto_delete_seconds: 86_400,
};
const second: ChatSettings = {
  name: 'Hills',
  description: '',
  avatar_url: '',
  is_admin_only: false,
  auto_delete_seconds: 604_800,
};

let [admin = '', user = '', other = '', chatId = ''] = [];
/** The state_version after these is 2. */
beforeEach(async () => {
  [admin = '', user = '', other = ''] = await db.users(3);
  chatId = (await db.group([admin, user, other], 'New')).chat_id;
  await change({ settings: first });
});

const change = (decision: Omit<ChatDecision<null>, 'result'>) =>
  db.store().change(chatId, 5, doing(decision), told);
const leave = (userId: string) => ({ kind: 'leave' as const, userId });
const join = (userId: string) => ({ kind: 'join' as const, userId, role: 'member' as const });
const listing = async (userId: string) => (await db.store().listings(userId, [chatId])).get(chatId);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('the listing of a former member', () => {
  it('is of the chat as it was when it left, and of the present one after it joined again', async () => {
    await change({ version: 41, members: [leave(user)] });
    const then = await listing(user);
    expect(then).toMatchObject({ ...first, state_version: 3, left_version: 41, left_at: time });

    await change({ version: 50, settings: second });
    await change({ version: 51, members: [{ kind: 'role', userId: other, role: 'admin' }] });
    expect(await listing(user)).toEqual(then);
    const now = { ...second, state_version: 5, left_version: null, left_at: null };
    expect(await listing(other)).toMatchObject(now);
    // What it sets for itself stays its own to change.
    await db.store().setOwn(user, chatId, { is_pinned: true }, () => []);
    expect(await listing(user)).toEqual({ ...then, is_pinned: true });

    await change({ version: 60, members: [join(user)] });
    expect(await listing(user)).toMatchObject({ ...now, state_version: 6, is_pinned: true });
    await change({ version: 61, settings: { name: 'Seaside' } });
    expect(await listing(user)).toMatchObject({ ...now, name: 'Seaside', state_version: 7 });

    await change({ version: 70, members: [leave(user)] });
    await change({ version: 71, settings: first });
    const again = { ...second, name: 'Seaside', state_version: 8, left_version: 70, left_at: time };
    expect(await listing(user)).toMatchObject(again);
  });

  it('ends with its own leave, not with what else was changed with it', async () => {
    await change({ version: 41, members: [leave(user), leave(other)], settings: second });
    expect(await listing(user)).toMatchObject({ ...first, state_version: 3, left_version: 41 });
    expect(await listing(other)).toMatchObject({ ...first, state_version: 4, left_version: 41 });
    expect(await listing(admin)).toMatchObject({ ...second, state_version: 5, left_version: null });
  });
});
