// What is the user's own besides chats: as sync tells it, and as one's own calls have changed it.
import { randomUUID } from 'node:crypto';
import type { OwnChange, SyncInput, SyncResult } from '@parley/contract';
import { expect, test } from 'vitest';
import { startWorld, until, type World } from '../support/chat-world.ts';

const now = '2026-03-01T09:12:44.310Z';
const other = randomUUID();
const profile = {
  id: randomUUID(),
  phone: '+491511234567',
  display_name: 'Mina',
  avatar_url: '',
  status_text: '',
  created_at: now,
  updated_at: now,
};
const privacy = {
  last_seen: 'everyone' as const,
  profile_photo: 'everyone' as const,
  about: 'everyone' as const,
  read_receipts: true,
};
const contact = {
  user_id: other,
  display_name: 'Jonas',
  avatar_url: '',
  status_text: '',
  is_blocked: false,
};

/** A server that tells of these changes. */
async function ownWorld(changes: OwnChange[]): Promise<World & { asked: { input: SyncInput }[] }> {
  const world = await startWorld();
  const asked: { by: 'http' | 'socket'; input: SyncInput }[] = [];
  const sync = (by: 'http' | 'socket', input: SyncInput): SyncResult => {
    asked.push({ by, input });
    const { user = -1 } = input;
    return {
      user: {
        version: Math.max(1, ...changes.map(({ version }) => version)),
        reset: user < 0,
        changes: changes.filter(({ version }) => version > user),
      },
      chats: [],
      has_more: false,
    };
  };
  world.server.overrides['sync.changes'] = (input) => sync('http', input as SyncInput);
  world.server.onEvent = (event, data) =>
    event === 'sync' ? { ok: true, data: sync('socket', data as SyncInput) } : undefined;
  return { ...world, asked };
}

const first: OwnChange[] = [
  { kind: 'profile', version: 0, profile },
  { kind: 'privacy', version: 0, privacy },
  { kind: 'contacts', version: 1, contacts: [contact] },
];

test('is there after the first sync, and follows what happens elsewhere', async () => {
  const changes = [...first];
  const { client, server, asked } = await ownWorld(changes);
  const { account } = client;
  expect([account.profile, account.privacy, account.contacts, account.blocked]).toEqual([null, null, [], []]);
  let told = 0;
  account.subscribe(() => told++);
  await client.realtime.connect();
  await account.load();
  expect(account).toMatchObject({ profile, privacy, contacts: [contact], blocked: [] });
  const { contacts } = account;
  expect(account.contacts).toBe(contacts);
  await until(() => expect(told).toBe(1));
  changes.push({ kind: 'block', version: 2, user_id: other, blocked: true });
  asked.length = 0;
  server.broadcast('user.updated', { kind: 'block', user_id: other, user_version: 2 });
  await until(() => expect(account.blocked).toEqual([other]));
  expect(account.contacts).toEqual([{ ...contact, is_blocked: true }]);
  expect(asked.map(({ input }) => [input.user, input.chats])).toEqual([[1, {}]]);
  // The number was taken: a repeat asks for nothing.
  server.broadcast('user.updated', { kind: 'block', user_id: other, user_version: 2 });
  changes.push({ kind: 'profile', version: 3, profile: { ...profile, display_name: 'Mina M.' } });
  server.broadcast('user.updated', { kind: 'profile', user_id: null, user_version: 3 });
  await until(() => expect(account.profile?.display_name).toBe('Mina M.'));
  expect(asked).toHaveLength(2);
});

test('has what one’s own calls have answered at once, also without a live connection', async () => {
  const { client, server } = await ownWorld(first);
  await client.account.load();
  server.overrides['users.updateMe'] = () => ({ ...profile, display_name: 'M.' });
  server.overrides['users.updatePrivacy'] = () => ({ ...privacy, last_seen: 'nobody' });
  server.overrides['users.block'] = () => ({ user_id: other, blocked: true });
  server.overrides['users.unblock'] = () => ({ user_id: other, blocked: false });
  await client.users.updateMe({ display_name: 'M.' });
  await client.users.updatePrivacy({ last_seen: 'nobody' });
  await client.users.block({ id: other });
  expect(client.account).toMatchObject({
    profile: { display_name: 'M.' },
    privacy: { last_seen: 'nobody' },
    blocked: [other],
    contacts: [{ is_blocked: true }],
  });
  await client.users.unblock({ id: other });
  expect(client.account).toMatchObject({ blocked: [], contacts: [{ is_blocked: false }] });
  await client.signOut();
  expect(client.account).toMatchObject({ profile: null, privacy: null, contacts: [], blocked: [] });
});
