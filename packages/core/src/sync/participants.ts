/** Participants with how far they came, as one viewer may know it (contract section 2, Sync and Users). */
import type { SyncParticipant } from '@parley/contract';
import { participantOf } from '../chats/describe.ts';
import type { Core } from '../context.ts';
import { readsVisibleInAll } from '../messages/reads.ts';
import type { ChatListing, SyncMember } from '../ports/stores.ts';
import { visibleProfiles } from '../users/profile.ts';
import type { ChatPlan } from './chat-plan.ts';

/** Participants in one page at most: more than those of any one number, which go together. */
const mostInPage = 512;

export interface Company {
  members: SyncMember[];
  /** How many of the plans have all of theirs; those behind them must wait. At least one, which may be cut. */
  fits: number;
  /** Up to which `state_version` the first plan has all, where it is cut. */
  cutAt: number | null;
}

/** The participants that changed in these chats. */
export async function readCompany(core: Pick<Core, 'chats'>, plans: readonly ChatPlan[]): Promise<Company> {
  const asks = plans.flatMap(({ chatId, membership, kind, removed, state }) =>
    membership === null || removed || kind === 'unknown'
      ? []
      : [
          {
            chatId,
            stateVersion: state.from,
            joinedSeq: membership.joined_seq ?? 0,
            joinedVersion: membership.joined_version,
          },
        ],
  );
  const members = await core.chats.participantsSince(asks, mostInPage);
  const last = members.at(-1);
  if (!last || members.length < mostInPage) return { members, fits: plans.length, cutAt: null };
  const cut = plans.findIndex(({ chatId }) => chatId === last.chat_id);
  if (cut > 0) return { members, fits: cut, cutAt: null };
  const whole = members.filter(({ state_version }) => state_version < last.state_version);
  return { members: whole, fits: 1, cutAt: whole.at(-1)?.state_version ?? 0 };
}

/**
 * As the viewer sees them, by chat: where reads are private the other one's position shows as delivery alone, and nothing tells a read from
 * that. One's own always shows.
 */
export async function presentCompany(
  core: Pick<Core, 'users' | 'privacy'>,
  viewer: string,
  members: readonly SyncMember[],
  listings: ReadonlyMap<string, ChatListing>,
): Promise<Map<string, SyncParticipant[]>> {
  const direct = [...listings.values()].flatMap(({ chat_id, type, self, other }) =>
    type === 'direct' && other
      ? [
          {
            chat_id,
            type,
            members: new Map([
              [self.user_id, self],
              [other.user_id, other],
            ]),
          },
        ]
      : [],
  );
  const ids = [...new Set(members.map((member) => member.user_id))];
  const [profiles, readsVisible] = await Promise.all([
    visibleProfiles(core, viewer, ids),
    readsVisibleInAll(core, direct),
  ]);
  const people = new Map(profiles.map((profile) => [profile.id, profile]));
  const shown = members.map((member) => {
    const { chat_id, user_id, joined_seq, left_seq, delivered_seq, read_seq } = member;
    const showsRead = user_id === viewer || (readsVisible.get(chat_id) ?? true);
    const participant: SyncParticipant = {
      ...participantOf(member, people.get(user_id)),
      is_member: left_seq === null,
      joined_seq,
      left_seq,
      delivered_seq: Math.max(delivered_seq, read_seq),
      read_seq: showsRead ? read_seq : 0,
    };
    return { chat_id, participant };
  });
  const byChat = Map.groupBy(shown, ({ chat_id }) => chat_id);
  return new Map([...byChat].map(([id, own]) => [id, own.map(({ participant }) => participant)]));
}
