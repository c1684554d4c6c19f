/** Profiles and presence of users (contract section 2, Users). */
import type { InputOf, OwnProfile, Presence, Profile } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { claimPhoto, releasePhoto } from '../media/photos.ts';
import type { PrivacyRecord, Relation, UserRecord } from '../ports/stores.ts';
import { publishTold, tellUser } from './telling.ts';

function own(user: UserRecord): OwnProfile {
  const { id, phone, display_name, avatar_url, status_text, created_at, updated_at } = user;
  return { id, phone, display_name, avatar_url, status_text, created_at, updated_at };
}

/** Whether a viewer may see what a privacy setting covers. A block hides everything, without saying so. */
export function allows(setting: PrivacyRecord['last_seen'], relation: Relation): boolean {
  if (relation.blocked) return false;
  return setting === 'everyone' || (setting === 'contacts' && relation.isContact);
}

/** The caller's own profile. */
export async function getMe(core: Pick<Core, 'users'>, caller: Caller): Promise<OwnProfile> {
  const user = await core.users.find(caller.userId);
  if (!user) throw new AppError('NOT_FOUND');
  return own(user);
}

/**
 * Changes the given fields of the caller's profile and leaves the others; a real change raises `user_version`. Errors: `NOT_FOUND`
 * (the account does not exist any more), `VALIDATION_ERROR` (a photo kept here that the caller did not upload), `SERVICE_UNAVAILABLE`.
 */
export async function updateMe(
  core: Pick<Core, 'users' | 'media' | 'publisher' | 'clock' | 'log'>,
  caller: Caller,
  patch: InputOf<'users.updateMe'>,
): Promise<OwnProfile> {
  const before =
    patch.avatar_url === undefined ? '' : ((await core.users.find(caller.userId))?.avatar_url ?? '');
  await claimPhoto(core, caller.userId, patch.avatar_url, before);
  const tell = tellUser(core, caller, { kind: 'profile' });
  const updated = await core.users.updateProfile(caller.userId, patch, tell);
  if (!updated) throw new AppError('NOT_FOUND');
  publishTold(core, updated.told);
  await releasePhoto(core, before, updated.user.avatar_url);
  return own(updated.user);
}

/** Someone's profile, without the phone, after privacy and blocks. Errors: `NOT_FOUND`. */
export async function getUser(
  core: Pick<Core, 'users' | 'privacy'>,
  caller: Caller,
  input: { id: string },
): Promise<Profile> {
  const [profile] = await visibleProfiles(core, caller.userId, [input.id]);
  if (!profile) throw new AppError('NOT_FOUND', 'There is no such user');
  return profile;
}

/** Profiles as the viewer may see them, in the order asked for, unknown users left out. */
export async function visibleProfiles(
  core: Pick<Core, 'users' | 'privacy'>,
  viewer: string,
  ids: readonly string[],
): Promise<Profile[]> {
  const [users, relations] = await Promise.all([
    core.users.findMany(ids),
    core.privacy.relations(ids.map((target) => ({ viewer, target }))),
  ]);
  return ids.flatMap((id, index) => {
    const user = users.get(id);
    const relation = relations[index];
    if (!user || !relation) return [];
    const { phone: _hidden, ...profile } = own(user);
    if (id === viewer) return [profile];
    return [
      {
        ...profile,
        avatar_url: allows(relation.privacy.profile_photo, relation) ? profile.avatar_url : '',
        status_text: allows(relation.privacy.about, relation) ? profile.status_text : '',
      },
    ];
  });
}

/** Whether someone is online, after privacy. Errors: `NOT_FOUND`. */
export async function getPresence(
  core: Pick<Core, 'users' | 'privacy' | 'presence' | 'log'>,
  caller: Caller,
  input: { id: string },
): Promise<Presence> {
  const [presence] = await visiblePresence(core, caller.userId, [input.id]);
  if (!presence) throw new AppError('NOT_FOUND', 'There is no such user');
  return presence;
}

/** Presence of several users as the viewer may see it; unknown users are left out. */
export async function visiblePresence(
  core: Pick<Core, 'users' | 'privacy' | 'presence' | 'log'>,
  viewer: string,
  ids: readonly string[],
): Promise<Presence[]> {
  const [users, relations, online] = await Promise.all([
    core.users.findMany(ids),
    core.privacy.relations(ids.map((target) => ({ viewer, target }))),
    onlineAmong(core, ids),
  ]);
  return ids.flatMap((id, index) => {
    const user = users.get(id);
    const relation = relations[index];
    return user && relation ? presenceAs(viewer, user, relation, online.has(id)) : [];
  });
}

/** One user's presence as several viewers may see it, in their order; none where there is no such user. */
export async function presenceFor(
  core: Pick<Core, 'users' | 'privacy' | 'presence' | 'log'>,
  userId: string,
  viewers: readonly string[],
): Promise<Presence[]> {
  const [user, relations, online] = await Promise.all([
    core.users.find(userId),
    core.privacy.relations(viewers.map((viewer) => ({ viewer, target: userId }))),
    onlineAmong(core, [userId]),
  ]);
  if (!user) return [];
  return viewers.flatMap((viewer, index) => {
    const relation = relations[index];
    return relation ? presenceAs(viewer, user, relation, online.has(userId)) : [];
  });
}

/** Unknown presence reads as offline (HLD 13.3). */
function onlineAmong(core: Pick<Core, 'presence' | 'log'>, ids: readonly string[]): Promise<Set<string>> {
  return core.presence.online(ids).catch((error) => {
    core.log.warn({ err: error }, 'presence cannot be read');
    return new Set<string>();
  });
}

function presenceAs(viewer: string, user: UserRecord, relation: Relation, online: boolean): Presence {
  const visible = user.id === viewer || allows(relation.privacy.last_seen, relation);
  if (!visible) return { user_id: user.id, online: null, last_seen: null };
  return { user_id: user.id, online, last_seen: user.last_seen };
}
