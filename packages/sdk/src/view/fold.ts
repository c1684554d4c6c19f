/** The core of the local view: what an event makes of a room. Pure, so that it can be tested with any order of events. */
import type { ChatSummary, Participant, ServerEventData } from '@parley/contract';
import {
  foldDeleted,
  foldEdited,
  foldMedia,
  foldNew,
  foldReaction,
  foldRead,
  foldSent,
  foldStarred,
} from './fold-messages.ts';
import { takeOwn, takeState } from './numbers.ts';
import { doubting, type FoldedEvent, type Room, type RoomEvent, withChat } from './room.ts';
import { movePosition } from './status.ts';

type Data<E extends FoldedEvent> = ServerEventData<E>;

/**
 * The room after an event; the same one where nothing changed. Repeats change nothing. What cannot be folded exactly leaves a
 * `doubt`: then the chat must be fetched and given to `adopt`. `now`: milliseconds since the epoch.
 */
export function fold(room: Room, event: RoomEvent, now: number): Room {
  // Nothing is known of the chat yet, so nothing can be said of what the event makes of it.
  if (!room.chat) return doubting(room, 'now');
  switch (event.type) {
    case 'message.new':
      return foldNew(room, event.data, now);
    case 'sent':
      return foldSent(room, event, now);
    case 'message.deleted':
      return foldDeleted(room, event.data, now);
    case 'message.edited':
      return foldEdited(room, event.data, now);
    case 'message.reaction':
      return foldReaction(room, event.data, now);
    case 'message.starred':
      return foldStarred(room, event.data);
    case 'media.updated':
      return foldMedia(room, event.data, now);
    case 'message.status':
      return foldStatus(room, event.data, now);
    case 'read':
      return foldRead(room, event.data, now);
    case 'delivered':
      return movePosition(room, room.me, 'delivered', event.data.seq);
    case 'missed':
      return doubting(room, 'now');
    case 'chat.created':
      return takeState(room, event.data.state_version).room;
    case 'chat.updated':
      return foldUpdated(room, event.data);
    case 'group.member.added':
      return foldAdded(room, event.data);
    case 'group.member.removed':
      return foldRemoved(room, event.data);
  }
}

/** Positions only move forward, so a repeat does no harm, and two events of one move have the same number. */
function foldStatus(
  before: Room,
  { user_id, status, up_to_seq, state_version }: Data<'message.status'>,
  now: number,
): Room {
  const { room } = takeState(before, state_version);
  if (status === 'sent') return room;
  if (user_id === room.me && status === 'read') return foldRead(room, { seq: up_to_seq, unread: null }, now);
  return movePosition(room, user_id, status, up_to_seq);
}

function foldUpdated(before: Room, { changes, state_version, user_version }: Data<'chat.updated'>): Room {
  const { room, fresh } =
    user_version === undefined ? takeState(before, state_version ?? 0) : takeOwn(before, user_version);
  if (!fresh) return before;
  const { roles, ...fields } = changes;
  // Of the fields that are there each has a value: that is what JSON can say.
  const changed = withChat(room, fields as Partial<ChatSummary>);
  if (!roles || !changed.participants) return changed;
  const participants = changed.participants.map((member): Participant => {
    const role = roles[member.user_id];
    return role === undefined || role === member.role ? member : { ...member, role };
  });
  return { ...changed, participants };
}

function foldAdded(before: Room, { user_id, state_version }: Data<'group.member.added'>): Room {
  const { room, fresh } = takeState(before, state_version);
  if (!fresh) return room;
  // The event does not tell all of the member; and of oneself, what was missed meanwhile.
  const wanted = user_id === room.me || room.participants !== null;
  return wanted ? doubting(settled(room), 'now') : settled(room);
}

function foldRemoved(before: Room, { user_id, state_version }: Data<'group.member.removed'>): Room {
  const { room, fresh } = takeState(before, state_version);
  if (!fresh) return room;
  if (user_id === room.me) {
    return doubting(
      { ...withChat(room, { is_member: false }), participants: room.participants && [] },
      'now',
    );
  }
  const participants = room.participants?.filter((member) => member.user_id !== user_id) ?? null;
  return settled({ ...room, participants });
}

/** Members changed: who got which of the older messages is known to the server alone. */
function settled(room: Room): Room {
  return { ...room, liveFrom: Math.max(room.liveFrom, room.headSeq) };
}
