/** A user's list of chats: light, however many chats the user has and however many members these have. */
import type { ChatListing, ChatSettings, Member, Membership } from '@parley/core';
import type { Sql } from '../sql.ts';
import { joinedSeq, joinGroup, memberJson, settingsColumns } from './records.ts';

/**
 * One row of columns for all of them, in milliseconds: with a thousand chats, rows and dates cost more to send and parse than to find. By
 * `chat_participants_user_id_chat_id_idx`; an index that covers these columns would not pay, because every move of a position takes its page out
 * of what can be read from an index alone.
 */
const selectMemberships = `
  SELECT json_agg(chat_id) AS chat_id, json_agg(is_pinned) AS is_pinned, json_agg(${epochMs('pin_changed_at')}) AS pin_changed_at,
         json_agg(${epochMs('joined_at')}) AS joined_at, json_agg(${joinedSeq('p')}) AS joined_seq,
         json_agg(${epochMs('left_at')}) AS left_at, json_agg(left_seq) AS left_seq
  FROM chat_participants p WHERE user_id = $1`;

function epochMs(column: string): string {
  return `(date_part('epoch', ${column}) * 1000)::bigint`;
}

/** Each column has a value per chat; all are null where there is none. */
interface MembershipColumns {
  chat_id: string[] | null;
  is_pinned: boolean[];
  pin_changed_at: (number | null)[];
  joined_at: number[];
  joined_seq: number[];
  left_at: (number | null)[];
  left_seq: (number | null)[];
}

export async function memberships(sql: Sql, userId: string): Promise<Membership[]> {
  const [columns] = await sql.rows<MembershipColumns>('memberships', selectMemberships, [userId]);
  if (!columns?.chat_id) return [];
  return columns.chat_id.map((chat_id, n) => ({
    chat_id,
    is_pinned: columns.is_pinned[n] === true,
    pin_changed_at: toTime(columns.pin_changed_at[n]),
    joined_at: toTime(columns.joined_at[n] ?? 0),
    joined_seq: columns.joined_seq[n] ?? 0,
    left_at: toTime(columns.left_at[n]),
    left_seq: columns.left_seq[n] ?? null,
  }));
}

function toTime(ms: number): string;
function toTime(ms: number | null | undefined): string | null;
function toTime(ms: number | null | undefined): string | null {
  return typeof ms === 'number' ? new Date(ms).toISOString() : null;
}

/** Reads one member of a group. A join for the other one of a direct chat would read all members of groups too, and then leave them out. */
const selectListings = `
  SELECT c.id, c.type, c.state_version, c.created_at, ${settingsColumns},
         p.is_muted, p.mute_until, p.is_pinned, p.left_at, p.left_view, ${memberJson('p')} AS self,
         CASE WHEN c.type = 'direct' THEN (
           SELECT ${memberJson('o')} FROM chat_participants o WHERE o.chat_id = c.id AND o.user_id <> $1
         ) END AS other
  FROM unnest($2::uuid[]) AS i(chat_id)
  CROSS JOIN LATERAL (SELECT * FROM chat_participants WHERE chat_id = i.chat_id AND user_id = $1 OFFSET 0) p
  CROSS JOIN LATERAL (SELECT * FROM chats WHERE id = i.chat_id OFFSET 0) c
  ${joinGroup}`;

type ListingRow = Omit<ChatListing, 'chat_id' | 'created_at' | 'mute_until' | 'left_at' | 'left_version'> & {
  id: string;
  created_at: Date;
  mute_until: Date | null;
  left_at: Date | null;
  left_view: LeftView | null;
  self: Member;
  other: Member | null;
};

/** The chat as it was when the user left. */
type LeftView = ChatSettings & { state_version: number; left_version: number };

export async function listings(
  sql: Sql,
  userId: string,
  chatIds: readonly string[],
): Promise<Map<string, ChatListing>> {
  if (chatIds.length === 0) return new Map();
  const rows = await sql.rows<ListingRow>('listings', selectListings, [userId, chatIds]);
  return new Map(
    rows.map(({ id, created_at, mute_until, left_at, left_view, ...present }) => [
      id,
      {
        chat_id: id,
        left_version: null,
        ...present,
        ...left_view,
        created_at: created_at.toISOString(),
        mute_until: mute_until?.toISOString() ?? null,
        left_at: left_at?.toISOString() ?? null,
      },
    ]),
  );
}
