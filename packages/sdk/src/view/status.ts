/** Positions, and the statuses that follow from them (contract section 2, Messages: `status`). */
import type { Message, MessageStatus } from '@parley/contract';
import { doubting, type Position, type Room } from './room.ts';

const order: Readonly<Record<MessageStatus, number>> = { sent: 0, delivered: 1, read: 2 };
const nowhere: Position = { delivered: 0, read: 0 };

export function positionOf(room: Room, userId: string): Position {
  return room.positions[userId] ?? nowhere;
}

function reached(position: Position, seq: number): MessageStatus {
  if (seq <= position.read) return 'read';
  return seq <= position.delivered ? 'delivered' : 'sent';
}

/** What positions say of a message; null where they do not say all. */
function known(room: Room, { sender_id, seq }: Message): MessageStatus | null {
  if (sender_id !== room.me) return reached(positionOf(room, room.me), seq);
  if (room.chat?.participant) return reached(positionOf(room, room.chat.participant.user_id), seq);
  if (seq <= room.liveFrom || !room.participants) return null;
  const others = room.participants.filter(({ user_id }) => user_id !== room.me);
  const statuses = others.map(({ user_id }) => reached(positionOf(room, user_id), seq));
  return statuses.reduce<MessageStatus>((a, b) => (order[a] < order[b] ? a : b), others[0] ? 'read' : 'sent');
}

/** The message with the status that follows from positions, which is never less far than what it has. */
export function withStatus(room: Room, message: Message): Message {
  const status = known(room, message);
  return status !== null && order[status] > order[message.status] ? { ...message, status } : message;
}

/**
 * Moves a position forward and the statuses with it. In a group the status of an older message follows from positions that
 * nobody told: a doubt.
 */
export function movePosition(room: Room, userId: string, status: MessageStatus, upTo: number): Room {
  const before = positionOf(room, userId);
  const read = status === 'read' ? Math.max(before.read, upTo) : before.read;
  const position = { delivered: Math.max(before.delivered, upTo), read };
  const forward = position.read > before.read || position.delivered > before.delivered;
  const moved: Room = forward ? { ...room, positions: { ...room.positions, [userId]: position } } : room;
  const { history } = moved;
  if (!history) return moved;
  let unknown = false;
  const messages = history.messages.map((message) => {
    if (message.seq > upTo || (message.sender_id === room.me) === (userId === room.me)) return message;
    if (order[message.status] >= order[status]) return message;
    if (known(moved, message) === null) unknown = true;
    return withStatus(moved, message);
  });
  const changed = messages.some((message, at) => message !== history.messages[at]);
  const result = changed ? { ...moved, history: { ...history, messages } } : moved;
  return unknown ? doubting(result, 'now') : result;
}
