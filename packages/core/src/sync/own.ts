/** The caller's own things that changed, as they are now (contract section 2, Sync). */
import type { OwnChange } from '@parley/contract';
import { muteAt } from '../chats/describe.ts';
import type { Caller, Core } from '../context.ts';
import { isoTime } from '../lib/times.ts';
import type { ChatListing, UserChangeRecord } from '../ports/stores.ts';
import { listContacts } from '../users/contacts.ts';
import { getPrivacy } from '../users/privacy.ts';
import { getMe } from '../users/profile.ts';

type OwnParts = Pick<Core, 'users' | 'privacy' | 'contacts' | 'clock'>;

/** Profile and privacy, which may never have changed: told where everything is. */
const always: readonly UserChangeRecord[] = (['profile', 'privacy'] as const).map((kind) => ({
  version: 0,
  kind,
  ref: null,
  chat_id: null,
  is_set: false,
}));

/** `listings` are of the chats that the rows name; `fromBeginning` tells also what may never have changed. */
export async function ownChanges(
  core: OwnParts,
  caller: Caller,
  rows: readonly UserChangeRecord[],
  listings: ReadonlyMap<string, ChatListing>,
  fromBeginning: boolean,
): Promise<OwnChange[]> {
  const missing = always.filter(({ kind }) => fromBeginning && !rows.some((row) => row.kind === kind));
  const all = [...missing, ...rows];
  const has = (kind: UserChangeRecord['kind']) => all.some((row) => row.kind === kind);
  const [profile, privacy, contacts] = await Promise.all([
    has('profile') ? getMe(core, caller) : null,
    has('privacy') ? getPrivacy(core, caller) : null,
    has('contacts') ? listContacts(core, caller) : null,
  ]);
  const now = isoTime(core.clock.now());
  const changeOf = ({ version, kind, ref, chat_id, is_set }: UserChangeRecord): OwnChange | null => {
    switch (kind) {
      case 'profile':
        return profile && { kind, version, profile };
      case 'privacy':
        return privacy && { kind, version, privacy };
      case 'contacts':
        return contacts && { kind, version, ...contacts };
      case 'block':
        return ref === null ? null : { kind, version, user_id: ref, blocked: is_set };
      case 'star':
        return ref && chat_id ? { kind, version, chat_id, message_id: ref, is_starred: is_set } : null;
      case 'hide':
        return ref && chat_id ? { kind, version, chat_id, message_id: ref } : null;
      case 'chat':
        return chat_id === null ? null : { kind, version, chat_id };
      case 'chat_own': {
        const listing = listings.get(chat_id ?? '');
        return listing
          ? { kind, version, chat_id: listing.chat_id, ...muteAt(listing, now), is_pinned: listing.is_pinned }
          : null;
      }
    }
  };
  return all.flatMap((row) => changeOf(row) ?? []);
}
