/** Folding events about messages, each when its turn has come. */
import type { Message, ServerEventData } from '@parley/contract';
import { asking, withChat } from './changed-room.ts';
import {
  buried,
  changeMedia,
  changeMessage,
  findMessage,
  marked,
  putMessage,
  quoteMessage,
  removeMessage,
  withMedia,
} from './history.ts';
import { previewOf, storedPayload } from './preview.ts';
import { counts, type FoldedEvent, type Room, type RoomEvent } from './room.ts';
import { readOf } from './status.ts';
import { activityOf, covers, lastMessageOf } from './summary.ts';

type Data<E extends FoldedEvent> = ServerEventData<E>;

/** Events about messages. */
export type MessageEvent = Extract<RoomEvent, { type: `message.${string}` | 'media.updated' | 'sent' }>;

/**
 * For so long after a sync (milliseconds) it may be torn: the server reads the numbers first. Then the counts have what comes next in
 * them, and a message that was changed twice meanwhile was not told, so that of its first change nothing is known.
 */
const tornMs = 1000;

function isTorn(room: Room, now: number): boolean {
  return now - room.countedAt < tornMs;
}

/** The room after a change of one message, which tells nothing of the changes before it. */
function changed(room: Room, now: number): Room {
  const doubtful = room.toldFrom < Number.POSITIVE_INFINITY && isTorn(room, now);
  return doubtful ? asking(room, { version: room.toldFrom }, 'later') : room;
}

export function foldMessage(room: Room, event: MessageEvent, now: number): Room {
  switch (event.type) {
    case 'message.new': {
      const { timestamp: _, ...message } = event.data;
      return append(room, message, now);
    }
    case 'sent':
      return foldSent(room, event, now);
    case 'message.deleted':
      return changed(foldDeleted(room, event.data), now);
    case 'message.edited':
      return changed(foldEdited(room, event.data), now);
    case 'message.reaction':
      return changed(foldReaction(room, event.data), now);
    case 'message.starred':
      return foldMark(room, event.data.message_id, event.data.is_starred ? 'starred' : 'not starred');
    case 'media.updated':
      return changed(foldMedia(room, event.data), now);
    case 'message.status':
      return room;
  }
}

/** A new message, in its place and in the chat's line. */
function append(room: Room, message: Message, now: number): Room {
  const { chat } = room;
  const shown = marked(room, message);
  if (!chat || !shown) return room;
  const { reply_to_preview: quote } = shown;
  // The event is as old as the message: what it quotes may have been edited or deleted since.
  const quoted = quote && findMessage(room, quote.message_id);
  const preview = quoted && (quoted.is_deleted ? '' : previewOf(quoted));
  const placed = putMessage(
    room,
    quote && preview !== null && preview !== undefined
      ? { ...shown, reply_to_preview: { ...quote, preview } }
      : shown,
  );
  const unread = counts(room, shown) && shown.seq > readOf(room);
  const { created_at } = shown;
  const counted = withChat(placed, {
    unread_count: chat.unread_count + (unread ? 1 : 0),
    last_message: shown.is_deleted ? chat.last_message : lastMessageOf(shown),
    updated_at: activityOf(room, created_at),
  });
  const torn = unread && isTorn(room, now) && !covers(counted);
  return torn ? asking(counted, { version: message.version - 1 }, 'later') : counted;
}

/** The answer to a send of this connection, which gets no `message.new` for it. */
function foldSent(
  room: Room,
  { frame, data, media }: Extract<RoomEvent, { type: 'sent' }>,
  now: number,
): Room {
  const { message_id, client_msg_id, seq, version, timestamp } = data;
  const { type, payload, reply_to_message_id } = frame;
  const replied = reply_to_message_id ? findMessage(room, reply_to_message_id.toLowerCase()) : undefined;
  const seconds = room.chat?.auto_delete_seconds ?? 0;
  const message: Message = {
    message_id,
    chat_id: room.chatId,
    sender_id: room.me,
    client_msg_id,
    seq,
    version,
    type,
    payload: storedPayload(payload),
    reply_to_message_id: reply_to_message_id?.toLowerCase() ?? null,
    reply_to_preview: replied
      ? { message_id: replied.message_id, sender_id: replied.sender_id, type: replied.type, preview: '' }
      : null,
    forwarded: false,
    forwarded_from: null,
    reactions: {},
    status: 'sent',
    is_deleted: false,
    is_starred: false,
    media: media ?? null,
    created_at: timestamp,
    updated_at: timestamp,
    edited_at: null,
    expires_at: seconds > 0 ? new Date(Date.parse(timestamp) + seconds * 1000).toISOString() : null,
  };
  const sent = append(room, message, now);
  // Of what is quoted and not held, and of a file that was sent by its id, only the server can tell.
  const told = (!reply_to_message_id || replied) && (media || !('media_id' in payload));
  return told ? sent : asking(sent, { version: version - 1 }, 'now');
}

/** Whether what becomes of a message can change the count in a way that only the server knows. */
function uncounted(room: Room, version: number): Room {
  return covers(room) ? room : asking(room, { version: version - 1 }, 'now');
}

function foldDeleted(room: Room, { message_id, version, timestamp }: Data<'message.deleted'>): Room {
  if (version === undefined) return foldMark(room, message_id, 'hidden');
  const buriedRoom = changeMessage(room, message_id, (message) =>
    message.version >= version
      ? message
      : { ...buried(message), version, updated_at: timestamp ?? message.updated_at },
  );
  const quoted = { message_id, is_deleted: true } as Message;
  return uncounted(quoteMessage(buriedRoom, quoted), version);
}

function foldEdited(room: Room, data: Data<'message.edited'>): Room {
  const { message_id, version, payload, media, edited_at, updated_at } = data;
  const edited = changeMessage(room, message_id, (message) => {
    if (message.is_deleted || message.version >= version) return message;
    // The file stays the same; the event may not tell of it.
    return { ...message, payload, media: withMedia(message.media, media), edited_at, updated_at, version };
  });
  const last = edited.chat?.last_message;
  const quoted = quoteMessage(edited, findMessage(edited, message_id) ?? data);
  return last?.message_id === message_id
    ? withChat(quoted, { last_message: { ...last, preview: previewOf(data) } })
    : quoted;
}

function foldReaction(room: Room, data: Data<'message.reaction'>): Room {
  const { message_id, user_id, emoji, version, timestamp } = data;
  return changeMessage(room, message_id, (message) => {
    if (message.is_deleted || message.version >= version) return message;
    const { [user_id]: _, ...others } = message.reactions;
    const reactions = emoji === null ? others : { ...others, [user_id]: emoji };
    return { ...message, version, reactions, updated_at: timestamp };
  });
}

/** What the user marked; a message deleted for oneself is not there any more. */
export function foldMark(before: Room, messageId: string, mark: 'hidden' | 'starred' | 'not starred'): Room {
  const marks = new Map([...before.marks, [messageId, mark] as const].slice(-100));
  const room = { ...before, marks };
  if (mark === 'hidden') return removeMessage(room, messageId);
  return changeMessage(room, messageId, (message) => marked(room, message) ?? message);
}

/** A file was looked into: told of each message that carries it by number, to its uploader also without any. */
function foldMedia(room: Room, data: Data<'media.updated'>): Room {
  const { message_id, version, timestamp, media } = data;
  if (message_id === undefined || version === undefined) return changeMedia(room, media);
  return changeMessage(room, message_id, (message) => {
    if (message.is_deleted || message.version >= version) return message;
    return { ...message, version, media, updated_at: timestamp ?? message.updated_at };
  });
}
