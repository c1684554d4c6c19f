/** What a chat's line in the list says of its messages: exactly, from messages that are held, else as it was told and counted on. */
import type { LastMessage, Message } from '@parley/contract';
import { asking } from './changed-room.ts';
import { previewOf } from './preview.ts';
import { atNewest, counts, type Doubt, type Room } from './room.ts';
import { keep } from './same.ts';
import { readOf } from './status.ts';

export function lastMessageOf(message: Message): LastMessage {
  const { message_id, sender_id, type, created_at } = message;
  return { message_id, sender_id, type, preview: previewOf(message), timestamp: created_at };
}

/** Whether all messages that may be unread are held. Of who has left only the server knows how far they read. */
export function covers(room: Room): boolean {
  const { history, chat } = room;
  if (!history || !chat?.is_member || !atNewest(room)) return false;
  const [oldest] = history.messages;
  return history.older === null || (oldest !== undefined && readOf(room) >= oldest.seq - 1);
}

/**
 * What a list is sorted by, once the newest message was sent at that time: the message or the joining, whichever came last. Clocks of
 * several servers differ, so a later message may have an earlier time.
 */
export function activityOf({ chat, people, me }: Room, sentAt: string): string {
  const joinedAt = people.get(me)?.joined_at ?? chat?.updated_at ?? '';
  return sentAt > joinedAt ? sentAt : joinedAt;
}

/** The room with the unread count and last message that follow from the messages it holds. */
export function derive(room: Room): Room {
  const { chat, history } = room;
  if (!chat || !history || !atNewest(room)) return room;
  const { messages, older } = history;
  const read = readOf(room);
  const unread_count = covers(room)
    ? messages.filter((message) => message.seq > read && counts(room, message)).length
    : chat.unread_count;
  const newest = messages.findLast(({ is_deleted }) => !is_deleted);
  const last_message = newest ? lastMessageOf(newest) : older === null ? null : chat.last_message;
  const sent = messages.at(-1)?.created_at ?? '';
  const updated_at = chat.is_member && sent > chat.updated_at ? sent : chat.updated_at;
  const line = keep(chat, { ...chat, unread_count, last_message, updated_at });
  const changed = line === chat ? room : { ...room, chat: line };
  // All that is held was deleted: what comes before is not known, and it may be what is shown or not.
  const shown = messages.some(({ message_id }) => message_id === chat.last_message?.message_id);
  return !newest && older !== null && shown ? recounting(changed) : changed;
}

/** The room whose counts have to be told anew: with the last change of its messages. */
export function recounting(room: Room, doubt: Doubt = 'now'): Room {
  return asking(room, { version: (room.chat?.version ?? 1) - 1 }, doubt);
}
