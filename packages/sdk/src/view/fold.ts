/**
 * The core of the local view: what an event makes of a room. Pure, so that it can be tested with any order of events.
 *
 * Events are folded strictly in the order of their numbers (contract section 2, Sync). One that comes too early waits in `ahead`;
 * one that does not tell all that it means stays there, too, until the chat was synced.
 */
import type { ChatSummary, Participant, ServerEventData } from '@parley/contract';
import { doubting, withChat } from './changed-room.ts';
import { foldMessage, type MessageEvent } from './fold-messages.ts';
import { findMessage } from './history.ts';
import type { Ahead, Counter, Room, RoomEvent } from './room.ts';
import { movePosition } from './status.ts';
import { covers, derive, recounting } from './summary.ts';

/** Events that wait at most; those beyond come with the sync that is due then. */
const most = 500;

/**
 * The room after an event; the same one where nothing changed. Repeats change nothing. What is missing leaves a `doubt`: then the chat
 * must be synced. `now`: milliseconds since the epoch.
 */
export function fold(room: Room, event: RoomEvent, now: number): Room {
  // Nothing is known of the chat yet, so nothing can be said of what the event makes of it.
  if (!room.chat) return room;
  switch (event.type) {
    case 'read':
      return foldRead(room, event.data);
    case 'delivered':
      return movePosition(room, room.me, 'delivered', event.data.seq);
    case 'message.status':
      return take(foldStatus(room, event.data), event, now);
    default:
      return take(room, event, now);
  }
}

/** The counter that an event raised; null for what is the user's own, or a file's. */
function numberOf({ type, data }: RoomEvent): [Counter, number] | null {
  if ('version' in data && data.version !== undefined) return ['version', data.version];
  const raised = 'state_version' in data ? data.state_version : undefined;
  return raised === undefined || type === 'sent' ? null : ['state_version', raised];
}

function take(room: Room, event: RoomEvent, now: number): Room {
  const raised = numberOf(event);
  if (!raised) return apply(room, event, now) ?? room;
  const [counter, number] = raised;
  const { ahead } = room;
  if (number <= (room.chat?.[counter] ?? 0)) return room;
  if (ahead.some((other) => other.number === number && other.counter === counter)) return room;
  const waiting = [...ahead, { counter, number, event }].sort((a, b) => a.number - b.number);
  return goOn({ ...room, ahead: waiting.slice(0, most) }, now);
}

/** Folds the events whose turn has come. */
export function goOn(before: Room, now: number): Room {
  let room = before;
  const { chat } = room;
  const left = room.ahead.filter(({ counter, number }) => number > (chat?.[counter] ?? 0));
  for (let at = 0; at < left.length && !room.partial; at++) {
    const { counter, number, event } = left[at] as Ahead;
    if (number !== (room.chat?.[counter] ?? 0) + 1) continue;
    const after = apply(room, event, now);
    if (!after) continue;
    room = withChat(after, { [counter]: number });
    left.splice(at--, 1);
  }
  room = { ...room, ahead: left };
  if (left.length === 0) return room;
  // Positions were moved already, and of most of them only those are told whom they concern: their numbers jump.
  return doubting(room, left.every(({ event }) => event.type === 'message.status') ? 'later' : 'now');
}

/** The room with the event in it, but for its number; null where the event does not tell enough. */
function apply(room: Room, event: RoomEvent, now: number): Room | null {
  switch (event.type) {
    case 'message.status':
      // Again: a sync may have told less meanwhile.
      return foldStatus(room, event.data);
    case 'chat.updated':
      return foldUpdated(room, event.data);
    case 'chat.created':
    case 'group.member.added':
    case 'group.member.removed':
    case 'read':
    case 'delivered':
      return null;
    default: {
      // Stored by an earlier try, and perhaps edited or deleted since: what was sent is not what it is now.
      if (event.type === 'sent' && event.data.is_repeat) return null;
      const after = derive(foldMessage(room, event as MessageEvent, now));
      const { data } = event;
      const held = !('message_id' in data) || findMessage(after, data.message_id ?? '');
      return held || !('version' in data) ? after : { ...after, unseen: data.version ?? 0 };
    }
  }
}

/** Positions only move forward, so the order does not matter; and two events of one move have the same number. */
function foldStatus(room: Room, { user_id, status, up_to_seq }: ServerEventData<'message.status'>): Room {
  if (user_id === room.me && status === 'read') return foldRead(room, { seq: up_to_seq, unread: null });
  return movePosition(room, user_id, status, up_to_seq);
}

function foldUpdated(room: Room, { changes }: ServerEventData<'chat.updated'>): Room {
  const { roles, ...fields } = changes;
  // Of the fields that are there each has a value: that is what JSON can say.
  const changed = withChat(room, fields as Partial<ChatSummary>);
  if (!roles) return changed;
  const withRole = <P extends Participant>(person: P): P => {
    const role = roles[person.user_id];
    return role === undefined || role === person.role ? person : { ...person, role };
  };
  const people = new Map([...room.people].map(([id, person]) => [id, withRole(person)]));
  return { ...changed, people, participants: room.participants.map(withRole) };
}

/** One's own reads, on this device or another. */
function foldRead(room: Room, { seq, unread }: { seq: number; unread: number | null }): Room {
  const moved = derive(movePosition(room, room.me, 'read', seq));
  if (!moved.chat || covers(moved) || moved.chat.unread_count === (unread ?? 0)) return moved;
  return recounting(unread === null ? moved : withChat(moved, { unread_count: unread }));
}
