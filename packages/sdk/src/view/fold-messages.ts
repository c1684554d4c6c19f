/** Folding events about messages. */
import type { Message, ServerEventData } from '@parley/contract';
import {
  buryMessage,
  changeMedia,
  changeMessage,
  editMessage,
  findMessage,
  insertMessage,
  removeMessage,
} from './history.ts';
import { guessVersion, isTorn, takeOwn, takeVersion } from './numbers.ts';
import { previewOf, storedPayload } from './preview.ts';
import { doubting, type FoldedEvent, type Room, type RoomEvent, withChat } from './room.ts';
import { movePosition, positionOf, withStatus } from './status.ts';
import { counts, covers, derive, lastMessageOf } from './summary.ts';

type Data<E extends FoldedEvent> = ServerEventData<E>;

/** System messages that tell of members: from their place on others get what is sent. */
const memberActions: ReadonlySet<string> = new Set(['members_added', 'member_removed', 'member_left']);

export function foldNew(
  before: Room,
  { timestamp, ...message }: ServerEventData<'message.new'>,
  now: number,
): Room {
  const misguessed = [...before.guessed].find(
    ([version, id]) => id === message.message_id && version !== message.version,
  );
  const { room, fresh } = takeVersion(
    misguessed ? forget(before, misguessed[0]) : before,
    message.version,
    message.message_id,
    now,
  );
  // What stands here was made of the answer to its send; this is the message itself.
  const own = findMessage(room, message.message_id);
  if (own) {
    const guessed = misguessed !== undefined || before.guessed.get(message.version) === message.message_id;
    if (!guessed && own.version >= message.version) return derive(room);
    const { status, is_starred, reply_to_preview } = own;
    const better = {
      ...message,
      status,
      is_starred,
      reply_to_preview: reply_to_preview ?? message.reply_to_preview,
    };
    return derive(changeMessage(room, message.message_id, () => better));
  }
  if (fresh) return withReply(room, message);
  // It may be newer than what was fetched and yet not be held: deleted by now, which the chat's line may not know.
  const unknown = isTorn(room, now) && message.version > room.sureVersion;
  return unknown ? doubting(room, 'now') : room;
}

/** A guess that has turned out wrong: the number is another's, which did not come. */
function forget(room: Room, version: number): Room {
  const guessed = new Map(room.guessed);
  guessed.delete(version);
  return doubting({ ...room, guessed }, 'now');
}

/** A new message, in its place and in the chat's line. */
function append(room: Room, sent: Message): Room {
  const { chat } = room;
  if (!chat) return room;
  const mark = room.marks.get(sent.message_id);
  const message = mark === 'starred' ? { ...sent, is_starred: true } : sent;
  const hidden = mark === 'hidden';
  const newest = message.seq > room.headSeq && !hidden;
  const action = message.type === 'system' && 'action' in message.payload ? message.payload.action : '';
  const unread = counts(room, message) && !hidden && message.seq > positionOf(room, room.me).read;
  const counted = withChat(room, {
    unread_count: chat.unread_count + (unread ? 1 : 0),
    last_message: newest ? lastMessageOf(message) : chat.last_message,
    updated_at: later(chat.updated_at, message.created_at),
  });
  const placed: Room = {
    ...counted,
    headSeq: Math.max(room.headSeq, message.seq),
    liveFrom: memberActions.has(action) ? Math.max(room.liveFrom, message.seq) : room.liveFrom,
  };
  return derive(hidden ? placed : insertMessage(placed, withStatus(placed, message)));
}

/** The event is the same for all, and as old as the message: what it shows of the one replied to may not be so for this user. */
function withReply(room: Room, message: Message): Room {
  const { reply_to_preview: reply } = message;
  if (!reply || !room.history) return append(room, message);
  const replied = findMessage(room, reply.message_id);
  if (replied) {
    return append(room, { ...message, reply_to_preview: { ...reply, preview: shownOf(replied) } });
  }
  // The quote belongs to the reply: who deleted what it quotes for itself still has that.
  const hidden = room.marks.get(reply.message_id) === 'hidden';
  return hidden ? append(room, message) : doubting(append(room, message), 'later');
}

/** The line that stands for a message replied to. */
function shownOf(replied: Message | undefined): string {
  return !replied || replied.is_deleted ? '' : previewOf(replied);
}

/** Notes what was marked, of late. */
function marked(room: Room, messageId: string, mark: 'hidden' | 'starred' | 'not starred'): Room {
  return { ...room, marks: new Map([...room.marks, [messageId, mark] as const].slice(-100)) };
}

function later(a: string, b: string): string {
  return a < b ? b : a;
}

/** The answer to a send of this connection, which gets no `message.new` for it. */
export function foldSent(
  room: Room,
  { frame, data, media }: Extract<RoomEvent, { type: 'sent' }>,
  now: number,
): Room {
  const { chat, history } = room;
  if (!chat) return room;
  const { message_id, client_msg_id, seq, timestamp } = data;
  const held = findMessage(room, message_id);
  if (held) {
    // A page that was newer than the chat's number has brought it.
    const counted = held.version <= chat.version || [...room.guessed.values()].includes(message_id);
    return counted ? room : takeVersion(room, held.version, message_id, now).room;
  }
  if (!history && isTorn(room, now)) return doubting(room, 'now');
  if (chat.last_message?.message_id === message_id) return room;
  // It was sent before, or the chat was fetched since: what is held has it, or not, or it was deleted meanwhile.
  if (seq <= room.headSeq || (!history && timestamp <= chat.updated_at)) return doubting(room, 'now');
  const missing = room.headSeq > 0 ? seq - room.headSeq - 1 : 0;
  const version = chat.version + missing + 1;
  const replied = frame.reply_to_message_id
    ? findMessage(room, frame.reply_to_message_id.toLowerCase())
    : undefined;
  const seconds = chat.auto_delete_seconds;
  const message: Message = {
    message_id,
    chat_id: room.chatId,
    sender_id: room.me,
    client_msg_id,
    seq,
    version,
    type: frame.type,
    payload: storedPayload(frame.payload),
    reply_to_message_id: replied?.message_id ?? frame.reply_to_message_id ?? null,
    reply_to_preview: replied
      ? {
          message_id: replied.message_id,
          sender_id: replied.sender_id,
          type: replied.type,
          preview: shownOf(replied),
        }
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
  const sent = append(guessVersion(room, message_id, version), message);
  // What was fetched meanwhile does not have it: it came too late for that, or was deleted before.
  if (history && now === room.readAt) return doubting(sent, 'now');
  if (history && frame.reply_to_message_id && !replied) return doubting(sent, 'now');
  // Of the file only the server can tell.
  if (history && !media && 'media_id' in frame.payload) return doubting(sent, 'now');
  // Those before it are mostly on their way.
  return missing > 0 ? doubting(sent, 'later') : sent;
}

export function foldDeleted(before: Room, data: Data<'message.deleted'>, now: number): Room {
  const { message_id, version, user_version, timestamp } = data;
  if (version !== undefined) {
    const { room, fresh } = takeVersion(before, version, message_id, now);
    const buried = derive(buryMessage(room, message_id, version, timestamp));
    return fresh ? gone(buried, message_id) : buried;
  }
  const { room, fresh } = takeOwn(before, user_version ?? 0);
  if (!fresh) return before;
  return gone(derive(removeMessage(marked(room, message_id, 'hidden'), message_id)), message_id);
}

/** A message that does not count any more: whether it did is not known unless all that count are held. */
function gone(room: Room, messageId: string): Room {
  const { chat } = room;
  if (!chat || covers(room)) return room;
  const shown = chat.last_message?.message_id === messageId;
  return shown || chat.unread_count > 0 ? doubting(room, 'now') : room;
}

export function foldEdited(before: Room, data: Data<'message.edited'>, now: number): Room {
  const { room, fresh } = takeVersion(before, data.version, data.message_id, now);
  const edited = editMessage(room, data);
  const last = edited.chat?.last_message;
  if (!fresh || findMessage(edited, data.message_id) || last?.message_id !== data.message_id) {
    return derive(edited);
  }
  return withChat(edited, { last_message: { ...last, preview: previewOf(data) } });
}

export function foldReaction(before: Room, data: Data<'message.reaction'>, now: number): Room {
  const { message_id, user_id, emoji, version, timestamp } = data;
  const { room } = takeVersion(before, version, message_id, now);
  return changeMessage(room, message_id, (message) => {
    if (message.is_deleted || message.version >= version) return message;
    const { [user_id]: _, ...reactions } = message.reactions;
    return {
      ...message,
      version,
      reactions: emoji === null ? reactions : { ...reactions, [user_id]: emoji },
      updated_at: timestamp,
    };
  });
}

export function foldStarred(before: Room, data: Data<'message.starred'>): Room {
  const { room, fresh } = takeOwn(before, data.user_version);
  if (!fresh) return before;
  const noted = marked(room, data.message_id, data.is_starred ? 'starred' : 'not starred');
  return changeMessage(noted, data.message_id, (message) =>
    message.is_starred === data.is_starred ? message : { ...message, is_starred: data.is_starred },
  );
}

/** A file was looked into: told of each message that carries it by number, to its uploader also without any. */
export function foldMedia(before: Room, data: Data<'media.updated'>, now: number): Room {
  const { message_id, version, timestamp, media } = data;
  if (message_id === undefined || version === undefined) return changeMedia(before, media);
  const { room } = takeVersion(before, version, message_id, now);
  return changeMessage(room, message_id, (message) => {
    if (message.is_deleted || message.version >= version) return message;
    return { ...message, version, media, updated_at: timestamp ?? message.updated_at };
  });
}

/** One's own reads, on this device or another, beyond what statuses show. */
export function foldRead(
  room: Room,
  { seq, unread }: Extract<RoomEvent, { type: 'read' }>['data'],
  now: number,
): Room {
  const moved = derive(movePosition(room, room.me, 'read', seq));
  if (!moved.chat || covers(moved) || moved.chat.unread_count === (unread ?? 0)) return moved;
  if (moved.headSeq > 0 && seq >= moved.headSeq) return withChat(moved, { unread_count: 0 });
  // What was fetched since may have counted what came since.
  return unread === null || moved.headSeq > seq || isTorn(moved, now)
    ? doubting(moved, 'now')
    : withChat(moved, { unread_count: unread });
}
