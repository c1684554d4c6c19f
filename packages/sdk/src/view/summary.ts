/** What a chat's line in the list says of its messages: exactly, from messages that are held, else by counting events. */
import type { LastMessage, Message } from '@parley/contract';
import { previewOf } from './preview.ts';
import { doubting, type Room, withChat } from './room.ts';
import { same } from './same.ts';
import { positionOf } from './status.ts';

export function lastMessageOf(message: Message): LastMessage {
  const { message_id, sender_id, type, created_at } = message;
  return { message_id, sender_id, type, preview: previewOf(message), timestamp: created_at };
}

/** Whether a message counts as unread as long as it was not read. */
export function counts(room: Room, { sender_id, type, is_deleted }: Message): boolean {
  return sender_id !== room.me && type !== 'system' && !is_deleted;
}

/** Whether all messages that may be unread are held. */
export function covers({ history, me, ...room }: Room): boolean {
  if (!history) return false;
  const oldest = history.messages[0];
  if (history.older === null) return true;
  if (!oldest) return false;
  const { read } = positionOf({ history, me, ...room }, me);
  return (
    read >= oldest.seq - 1 ||
    history.messages.some(({ sender_id, status }) => sender_id !== me && status === 'read')
  );
}

/** The room with the unread count and last message that follow from the messages it holds. */
export function derive(room: Room): Room {
  const { chat, history } = room;
  if (!chat || !history) return room;
  const unread_count = covers(room)
    ? history.messages.filter((message) => message.status !== 'read' && counts(room, message)).length
    : chat.unread_count;
  const newest = history.messages.findLast(({ is_deleted }) => !is_deleted);
  const nothing = newest === undefined && history.older === null;
  const last_message = newest ? lastMessageOf(newest) : nothing ? null : chat.last_message;
  // All that is held was deleted: what comes before is not known, and it may be what is shown or not.
  const unknown = !newest && !nothing && isHeld(room, chat.last_message);
  const sent = history.messages.at(-1)?.created_at ?? '';
  const updated_at = chat.is_member && sent > chat.updated_at ? sent : chat.updated_at;
  const unchanged =
    unread_count === chat.unread_count &&
    updated_at === chat.updated_at &&
    same(last_message, chat.last_message);
  const changed = unchanged ? room : withChat(room, { unread_count, last_message, updated_at });
  return unknown ? doubting(changed, 'now') : changed;
}

function isHeld({ history }: Room, last: LastMessage | null): boolean {
  return history?.messages.some(({ message_id }) => message_id === last?.message_id) ?? false;
}
