/** What people see of each other: privacy settings, contacts, and blocks that never show. */
import { describe, expect, it } from 'vitest';
import type { Log, PresenceLeases } from '../src/ports/engines.ts';
import type { PrivacyRecord, PrivacyStore, Relation, UserRecord, UserStore } from '../src/ports/stores.ts';
import { getPresence, getUser, visiblePresence, visibleProfiles } from '../src/users/profile.ts';

const caller = { userId: 'viewer', sessionId: 's', requestId: 'r' };
const seen = '2026-03-01T09:15:02.007Z';

function person(id: string): UserRecord {
  return {
    id,
    phone: '+491511234567',
    display_name: id,
    avatar_url: `/photo/${id}`,
    status_text: `about ${id}`,
    last_seen: seen,
    user_version: 3,
    created_at: seen,
    updated_at: seen,
  };
}

/** Two people of whom everybody sees the same, but for `relation`, which is how `viewer` stands to `target`. */
function parts(relation: Relation) {
  const users = {
    findMany: async (ids: readonly string[]) =>
      new Map(ids.filter((id) => id !== 'unknown').map((id) => [id, person(id)])),
  } as unknown as UserStore;
  const privacy = {
    async relations(pairs: readonly { viewer: string; target: string }[]) {
      expect(pairs.every((pair) => pair.viewer === 'viewer')).toBe(true);
      return pairs.map(() => relation);
    },
  } as unknown as PrivacyStore;
  const presence = { online: async (ids: readonly string[]) => new Set(ids) } as unknown as PresenceLeases;
  return { users, privacy, presence, log: {} as Log };
}

const audiences = ['everyone', 'contacts', 'nobody'] as const;
const all = (audience: PrivacyRecord['about']): PrivacyRecord => ({
  last_seen: audience,
  profile_photo: audience,
  about: audience,
  read_receipts: true,
});

/** Everything that the viewer is shown of the target. */
async function shown(relation: Relation) {
  const core = parts(relation);
  return {
    profile: await getUser(core, caller, { id: 'target' }),
    presence: await getPresence(core, caller, { id: 'target' }),
  };
}

describe('what is shown of somebody else', () => {
  const open = {
    profile: { avatar_url: '/photo/target', status_text: 'about target' },
    presence: { online: true, last_seen: seen },
  };
  const closed = {
    profile: { avatar_url: '', status_text: '' },
    presence: { online: null, last_seen: null },
  };

  it.each(audiences.flatMap((audience) => [true, false].map((isContact) => ({ audience, isContact }))))(
    'with $audience, contact: $isContact',
    async ({ audience, isContact }) => {
      const visible = audience === 'everyone' || (audience === 'contacts' && isContact);
      const result = await shown({ privacy: all(audience), isContact, blocked: false });
      expect(result).toMatchObject(visible ? open : closed);
      expect(result.profile).not.toHaveProperty('phone');
      expect(result.profile.display_name).toBe('target');
    },
  );

  it('goes setting by setting', async () => {
    const privacy: PrivacyRecord = { ...all('everyone'), about: 'nobody' };
    const about = await shown({ privacy, isContact: false, blocked: false });
    expect(about).toMatchObject({ ...open, profile: { ...open.profile, status_text: '' } });
    const lastSeen = { ...all('everyone'), last_seen: 'nobody' as const };
    expect(await shown({ privacy: lastSeen, isContact: true, blocked: false })).toMatchObject({
      ...open,
      presence: closed.presence,
    });
  });

  it('is the same for a blocked pair, on both sides, as where nobody may see anything', async () => {
    const hidden = await shown({ privacy: all('nobody'), isContact: false, blocked: false });
    expect(hidden).toMatchObject(closed);
    for (const audience of audiences) {
      for (const isContact of [true, false]) {
        // `blocked` is one for both directions: who blocked whom makes no difference.
        expect(await shown({ privacy: all(audience), isContact, blocked: true })).toEqual(hidden);
      }
    }
  });

  it('leaves oneself whole, and out who is not there', async () => {
    const core = parts({ privacy: all('nobody'), isContact: false, blocked: true });
    const ids = ['unknown', 'viewer', 'target'];
    expect(await visibleProfiles(core, 'viewer', ids)).toMatchObject([
      { id: 'viewer', avatar_url: '/photo/viewer', status_text: 'about viewer' },
      { id: 'target', ...closed.profile },
    ]);
    expect(await visiblePresence(core, 'viewer', ids)).toEqual([
      { user_id: 'viewer', online: true, last_seen: seen },
      { user_id: 'target', ...closed.presence },
    ]);
    await expect(getUser(core, caller, { id: 'unknown' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(getPresence(core, caller, { id: 'unknown' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
