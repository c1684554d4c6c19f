/** Changes of the messages that a room holds. */
import type { Media, Message } from '@parley/contract';
import { newerMedia } from '../media/known.ts';
import { previewOf } from './preview.ts';
import type { Room } from './room.ts';
import { same } from './same.ts';
import { withStatus } from './status.ts';

export function findMessage(room: Room | undefined, messageId: string): Message | undefined {
  return room?.history?.messages.find(({ message_id }) => message_id === messageId);
}

function withMessages(room: Room, messages: readonly Message[]): Room {
  return room.history ? { ...room, history: { ...room.history, messages } } : room;
}

/** Puts a message in its place; one that is older than all that are held is left out, unless the history begins here. */
export function insertMessage(room: Room, message: Message): Room {
  const { history } = room;
  if (!history) return room;
  const { messages } = history;
  const at = messages.findLastIndex(({ seq }) => seq < message.seq) + 1;
  if (messages[at]?.seq === message.seq || (at === 0 && history.older !== null)) return room;
  return withMessages(room, [...messages.slice(0, at), withStatus(room, message), ...messages.slice(at)]);
}

/** Changes one message, if it is held. */
export function changeMessage(room: Room, messageId: string, change: (message: Message) => Message): Room {
  const messages = room.history?.messages ?? [];
  const at = messages.findIndex(({ message_id }) => message_id === messageId);
  const before = messages[at];
  if (!before) return room;
  const after = change(before);
  if (after === before) return room;
  return withMessages(room, [...messages.slice(0, at), after, ...messages.slice(at + 1)]);
}

/** Changes what replies to a message show of it, where `of` says so of what they show now. */
export function changePreviews(
  room: Room,
  messageId: string,
  preview: string,
  of: (shown: string) => boolean = () => true,
): Room {
  const messages = (room.history?.messages ?? []).map((message) => {
    const { reply_to_preview: reply } = message;
    if (reply?.message_id !== messageId || reply.preview === preview || !of(reply.preview)) return message;
    return { ...message, reply_to_preview: { ...reply, preview } };
  });
  return messages.some((message, at) => message !== room.history?.messages[at])
    ? withMessages(room, messages)
    : room;
}

/** What is left of a message that was deleted for everyone, or whose time is over. */
export function buried(message: Message): Message {
  return message.is_deleted
    ? message
    : { ...message, payload: {}, reactions: {}, media: null, is_deleted: true };
}

/** A message deleted for everyone, at `at`. */
export function buryMessage(room: Room, messageId: string, version: number, at: string | undefined): Room {
  const changed = changeMessage(room, messageId, (message) => {
    if (message.is_deleted && message.version >= version) return message;
    const { updated_at } = message;
    return { ...buried(message), version: Math.max(message.version, version), updated_at: at ?? updated_at };
  });
  return changePreviews(changed, messageId, '');
}

/** A message deleted for this user: it is not there any more, and replies show nothing of it. */
export function removeMessage(room: Room, messageId: string): Room {
  const messages = (room.history?.messages ?? []).filter(({ message_id }) => message_id !== messageId);
  const removed = messages.length === room.history?.messages.length ? room : withMessages(room, messages);
  return changePreviews(removed, messageId, '');
}

function withMedia(held: Media | null, given: Media | null): Media | null {
  return held && given ? newerMedia(held, given) : (given ?? held);
}

/** A file, wherever it is held: what is known of it is newer now. */
export function changeMedia(room: Room, media: Media): Room {
  const carrying = (room.history?.messages ?? []).filter((each) => each.media?.media_id === media.media_id);
  return carrying.reduce(
    (changed, { message_id }) =>
      changeMessage(changed, message_id, (message) => {
        const newer = withMedia(message.media, media);
        return same(newer, message.media) ? message : { ...message, media: newer };
      }),
    room,
  );
}

/** A message's new text. */
export function editMessage(room: Room, edited: Message): Room {
  const { message_id, payload, media, edited_at, updated_at, version } = edited;
  const before = findMessage(room, message_id);
  if (before?.is_deleted) return room;
  if (before && before.version >= version) return room;
  const changed = changeMessage(room, message_id, (message) => ({
    ...message,
    payload,
    // The file stays the same; the event may not tell of it.
    media: withMedia(message.media, media),
    edited_at,
    updated_at,
    version,
  }));
  // Nothing is shown of a message that this user has deleted, whatever becomes of it.
  return changePreviews(
    changed,
    message_id,
    previewOf(edited),
    (shown) => before !== undefined || shown !== '',
  );
}

/** Keeps the newest so many messages. */
export function trimHistory(room: Room, count: number): Room {
  const { history } = room;
  if (!history || history.messages.length <= count) return room;
  const messages = history.messages.slice(-count);
  return { ...room, history: { messages, older: messages[0]?.message_id ?? history.older } };
}
