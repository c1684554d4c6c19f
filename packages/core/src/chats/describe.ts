/** Chats as one viewer may see them (contract section 2, Chats). */
import {
  type Chat,
  type ChatSummary,
  type LastMessage,
  type Participant,
  type Profile,
  previewOf,
} from '@parley/contract';
import type { Core } from '../context.ts';
import { isoTime } from '../lib/times.ts';
import { newestSeen } from '../messages/newest.ts';
import { unreadCounts } from '../messages/unread.ts';
import type { ChatListing, ChatRecord, Member, OwnSettings, StoredMessage, Window } from '../ports/stores.ts';
import { visibleProfiles } from '../users/profile.ts';
import { isPresent, present } from './access.ts';

export type DescribeParts = Pick<
  Core,
  'chats' | 'users' | 'privacy' | 'messages' | 'marks' | 'clock' | 'log'
>;

/** What a member may see of the messages. */
export function windowOf(chatId: string, self: Pick<Member, 'joined_seq' | 'left_seq'>): Window {
  return { chatId, after: self.joined_seq, upTo: self.left_seq };
}

/** Listings as the viewer's list shows them, in their order. Batched: its cost is that of a few queries, however many there are. */
export async function summarise(
  core: DescribeParts,
  viewer: string,
  listings: readonly ChatListing[],
): Promise<ChatSummary[]> {
  if (listings.length === 0) return [];
  const now = isoTime(core.clock.now());
  const ids = listings.map((listing) => listing.chat_id);
  const windows = listings.map(({ chat_id, self }) => windowOf(chat_id, self));
  const others = listings.flatMap(({ other }) => other?.user_id ?? []);
  // The numbers before what they stand for: a client that sees a number may rely on having what came up to it.
  const heads = await core.messages.heads(ids);
  const [profiles, unread, newest, activity] = await Promise.all([
    visibleProfiles(core, viewer, others),
    unreadCounts(
      core,
      viewer,
      listings.map(({ chat_id, self }) => ({ ...windowOf(chat_id, self), readSeq: self.read_seq })),
    ),
    newestSeen(core, viewer, windows),
    core.messages.activity(ids),
  ]);
  const people = new Map(profiles.map((profile) => [profile.id, profile]));
  return listings.map((listing, index) => {
    const { chat_id, self, other } = listing;
    const last = newest[index];
    return {
      chat_id,
      type: listing.type,
      name: listing.name,
      description: listing.description,
      avatar_url: listing.avatar_url,
      is_admin_only: listing.is_admin_only,
      auto_delete_seconds: listing.auto_delete_seconds,
      participant: other && participantOf(other, people.get(other.user_id)),
      is_member: self.left_seq === null,
      last_message: last ? lastMessageOf(last) : null,
      unread_count: unread[index] ?? 0,
      ...muteAt(listing, now),
      is_pinned: listing.is_pinned,
      created_at: listing.created_at,
      updated_at: activityOf({ joined_at: self.joined_at, left_at: listing.left_at }, activity.get(chat_id)),
      version: listing.left_version ?? heads.get(chat_id)?.version ?? 0,
      state_version: listing.state_version,
    };
  });
}

/** A mute whose time has passed is none. */
export function muteAt(
  settings: Pick<OwnSettings, 'is_muted' | 'mute_until'>,
  now: string,
): Pick<OwnSettings, 'is_muted' | 'mute_until'> {
  const { is_muted, mute_until } = settings;
  const over = mute_until !== null && mute_until <= now;
  return is_muted && !over ? { is_muted, mute_until } : { is_muted: false, mute_until: null };
}

/** What a user's list is sorted by: the chat's last message or the joining, whichever came last; for who left, the leaving. */
export function activityOf(
  membership: { joined_at: string; left_at: string | null },
  lastMessageAt: string | undefined,
): string {
  const { joined_at, left_at } = membership;
  if (left_at !== null) return left_at;
  return lastMessageAt !== undefined && lastMessageAt > joined_at ? lastMessageAt : joined_at;
}

function lastMessageOf(message: StoredMessage): LastMessage {
  const { message_id, sender_id, type, payload, created_at } = message;
  return { message_id, sender_id, type, preview: previewOf(type, payload), timestamp: created_at };
}

export function participantOf(
  member: Pick<Member, 'user_id' | 'role' | 'joined_at'>,
  profile: Pick<Profile, 'display_name' | 'avatar_url'> | undefined,
): Participant {
  return {
    user_id: member.user_id,
    display_name: profile?.display_name ?? '',
    avatar_url: profile?.avatar_url ?? '',
    role: member.role,
    joined_at: member.joined_at,
  };
}

/** A chat with its participants. Who left learns nothing of the members any more, since they may be others by now. */
export async function describe(
  core: DescribeParts,
  viewer: string,
  chat: ChatRecord,
): Promise<Chat | undefined> {
  const members = isPresent(chat, viewer) ? present(chat) : [];
  const [listings, profiles] = await Promise.all([
    core.chats.listings(viewer, [chat.chat_id]),
    visibleProfiles(
      core,
      viewer,
      members.map((member) => member.user_id),
    ),
  ]);
  const listing = listings.get(chat.chat_id);
  if (!listing) return undefined;
  const [summary] = await summarise(core, viewer, [listing]);
  if (!summary) return undefined;
  const byId = new Map(profiles.map((profile) => [profile.id, profile]));
  return {
    ...summary,
    participants: members.map((member) => participantOf(member, byId.get(member.user_id))),
  };
}
