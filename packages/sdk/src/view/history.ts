/** Changes of the messages that a room holds. */
import type { Media, Message } from '@parley/contract';
import { newerMedia } from '../media/known.ts';
import { withMessages } from './changed-room.ts';
import { previewOf } from './preview.ts';
import { atNewest, type Room } from './room.ts';
import { keep, same } from './same.ts';
import { withStatus } from './status.ts';

export function findMessage(room: Room | undefined, messageId: string): Message | undefined {
  return room?.history?.messages.find(({ message_id }) => message_id === messageId);
}

/** What the user marked of late, put on a message; null for one that they deleted for themselves. */
export function marked({ marks }: Room, message: Message): Message | null {
  const mark = marks.get(message.message_id);
  if (mark === 'hidden') return null;
  const is_starred = mark === undefined ? message.is_starred : mark === 'starred';
  return is_starred === message.is_starred ? message : { ...message, is_starred };
}

/** Puts a message in its place, if that lies in the window that is held; what is held already gives way unless it is newer. */
export function putMessage(room: Room, given: Message): Room {
  const { history } = room;
  const message = marked(room, given);
  if (!history || !message) return room;
  const { messages, older } = history;
  const at = messages.findLastIndex(({ seq }) => seq < message.seq) + 1;
  const held = messages[at];
  if (held?.seq === message.seq) {
    if (held.version > message.version) return room;
    const media = withMedia(held.media, message.media);
    const better = keep(held, withStatus(room, { ...message, media: message.is_deleted ? null : media }));
    return withMessages(room, (each) => (each === held ? better : each));
  }
  if ((at === 0 && older !== null) || (!held && !atNewest(room))) return room;
  const placed = [...messages.slice(0, at), withStatus(room, message), ...messages.slice(at)];
  return { ...room, history: { ...history, messages: placed } };
}

/** Changes one message, if it is held. */
export function changeMessage(room: Room, messageId: string, change: (message: Message) => Message): Room {
  return withMessages(room, (message) => (message.message_id === messageId ? change(message) : message));
}

/** Changes what replies to a message show of it: its new text, or nothing once it was deleted for everyone. */
export function quoteMessage(room: Room, message: Message): Room {
  const preview = message.is_deleted ? '' : previewOf(message);
  return withMessages(room, (reply) => {
    const { reply_to_preview: quote } = reply;
    if (quote?.message_id !== message.message_id || quote.preview === preview) return reply;
    return { ...reply, reply_to_preview: { ...quote, preview } };
  });
}

/** What is left of a message that was deleted for everyone, or whose time is over. */
export function buried<M extends Pick<Message, 'is_deleted'>>(message: M): M {
  return message.is_deleted
    ? message
    : { ...message, payload: {}, reactions: {}, media: null, is_deleted: true };
}

/** A message deleted for this user is not there any more. */
export function removeMessage(room: Room, messageId: string): Room {
  if (!room.history || !findMessage(room, messageId)) return room;
  const messages = room.history.messages.filter(({ message_id }) => message_id !== messageId);
  return { ...room, history: { ...room.history, messages } };
}

export function withMedia(held: Media | null, given: Media | null): Media | null {
  return held && given && held.media_id === given.media_id ? newerMedia(held, given) : (given ?? held);
}

/** A file, wherever it is held: what is known of it is newer now. */
export function changeMedia(room: Room, media: Media): Room {
  return withMessages(room, (message) => {
    if (message.media?.media_id !== media.media_id) return message;
    const newer = withMedia(message.media, media);
    return same(newer, message.media) ? message : { ...message, media: newer };
  });
}

/** Keeps the newest so many messages; those of a window of older ones are none of them. */
export function trimHistory(room: Room, count: number): Room {
  const { history } = room;
  if (!history) return room;
  if (!atNewest(room)) return { ...room, history: null };
  if (history.messages.length <= count) return room;
  const messages = history.messages.slice(-count);
  return { ...room, history: { ...history, messages, older: messages[0]?.message_id ?? history.older } };
}
