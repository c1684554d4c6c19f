/** Positions, and the statuses that follow from them exactly as on the server (contract section 2, Messages: `status`). */
import type { Message, MessageStatus, SyncParticipant } from '@parley/contract';
import { withMessages } from './changed-room.ts';
import type { Room } from './room.ts';
import { derive } from './summary.ts';

const order: readonly MessageStatus[] = ['sent', 'delivered', 'read'];

/** How far the user has read. */
export function readOf({ people, me, reading }: Room): number {
  return Math.max(reading, people.get(me)?.read_seq ?? 0);
}

function reached(seq: number, { delivered_seq, read_seq }: SyncParticipant): number {
  return seq <= read_seq ? 2 : seq <= delivered_seq ? 1 : 0;
}

/** For another's message one's own position; for one's own the least far of all in whose time it was sent. */
function statusOf(room: Room, { sender_id, seq }: Message): MessageStatus {
  const { people, me } = room;
  const self = people.get(me);
  let least = sender_id === me ? 3 : seq <= readOf(room) ? 2 : self ? reached(seq, self) : 0;
  if (sender_id === me) {
    for (const person of people.values()) {
      const { user_id, joined_seq, left_seq } = person;
      if (user_id === me || seq <= joined_seq || (left_seq !== null && seq > left_seq)) continue;
      least = Math.min(least, reached(seq, person));
      if (least === 0) break;
    }
  }
  return order[least] ?? 'sent';
}

/** The message with its status. Who has left learns nothing of positions any more: it stays as it was told. */
export function withStatus(room: Room, message: Message): Message {
  if (!room.chat?.is_member) return message;
  const status = statusOf(room, message);
  return status === message.status ? message : { ...message, status };
}

/** The room with the statuses of messages that came after `from`, up to `to`. */
export function withStatuses(room: Room, from = 0, to = Number.POSITIVE_INFINITY): Room {
  return withMessages(room, (message) =>
    message.seq > from && message.seq <= to ? withStatus(room, message) : message,
  );
}

/** Moves a position forward, and the statuses with it. */
export function movePosition(room: Room, userId: string, status: MessageStatus, upTo: number): Room {
  const before = room.people.get(userId);
  if (!before) return room;
  const { delivered_seq, read_seq } = before;
  const person = {
    ...before,
    delivered_seq: Math.max(delivered_seq, upTo),
    read_seq: status === 'read' ? Math.max(read_seq, upTo) : read_seq,
  };
  if (person.delivered_seq === delivered_seq && person.read_seq === read_seq) return room;
  const people = new Map(room.people).set(userId, person);
  return withStatuses({ ...room, people }, Math.min(delivered_seq, read_seq), upTo);
}

/** The room as it is once the server has the user's read up to `seq`; 0 for what it has already. */
export function readHere(room: Room, seq: number): Room {
  return derive(withStatuses({ ...room, reading: seq }));
}
