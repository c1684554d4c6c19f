/** From stored messages to what one viewer sees on the wire (contract section 2, Messages). */
import { type Media, type Message, type MessageStatus, previewOf, type ReplyPreview } from '@parley/contract';
import type { ChatRecord, Member, StoredMessage } from '../ports/stores.ts';

/** Whether nothing of a message may be shown any more: it was deleted for everyone, or its time is over. `now` in milliseconds. */
export function isGone(message: Pick<StoredMessage, 'is_deleted' | 'expires_at'>, now: number): boolean {
  return message.is_deleted || (message.expires_at !== null && Date.parse(message.expires_at) <= now);
}

/** The one line that stands for a replied-to message; empty once that was deleted, or was over at `now` (in milliseconds). */
export function replyPreviewOf(message: StoredMessage, now: number): ReplyPreview {
  return {
    message_id: message.message_id,
    sender_id: message.sender_id,
    type: message.type,
    preview: isGone(message, now) ? '' : previewOf(message.type, message.payload),
  };
}

/** What a message replies to, for those who may see it. */
export interface Quote {
  preview: ReplyPreview;
  /** Of the message replied to. */
  seq: number;
}

/** What is quoted by replying to this message. */
export function quoteOf(message: StoredMessage, now: number): Quote {
  return { preview: replyPreviewOf(message, now), seq: message.seq };
}

/** Those of the recipients who joined after what is quoted: the quote is not for them. */
export function blindTo(
  chat: Pick<ChatRecord, 'members'>,
  recipients: readonly string[],
  quote: Quote | null,
): string[] {
  if (quote === null) return [];
  return recipients.filter((id) => quote.seq <= (chat.members.get(id)?.joined_seq ?? quote.seq));
}

/** How far a message came with one of its recipients. */
export function reached(member: Member, seq: number, readsVisible: boolean): MessageStatus {
  if (readsVisible && seq <= member.read_seq) return 'read';
  return seq <= member.delivered_seq ? 'delivered' : 'sent';
}

const order: Record<MessageStatus, number> = { sent: 0, delivered: 1, read: 2 };

/**
 * The viewer's view of a message's status: for one's own message the least far of all who should have got it, for
 * another's one's own position. `readsVisible` is false in a direct chat in which either keeps reads private.
 */
export function statusFor(
  message: Pick<StoredMessage, 'sender_id' | 'seq'>,
  viewer: string,
  chat: Pick<ChatRecord, 'members'>,
  readsVisible: boolean,
): MessageStatus {
  const { seq } = message;
  if (message.sender_id !== viewer) {
    const self = chat.members.get(viewer);
    return self ? reached(self, seq, true) : 'sent';
  }
  let least: MessageStatus | undefined;
  for (const member of chat.members.values()) {
    if (member.user_id === viewer || !isVisible(member, seq)) continue;
    const status = reached(member, seq, readsVisible);
    if (least === undefined || order[status] < order[least]) least = status;
    if (least === 'sent') break;
  }
  return least ?? 'sent';
}

/** Whether a message with this number lies in the time that somebody was a member. */
export function isVisible(member: Pick<Member, 'joined_seq' | 'left_seq'>, seq: number): boolean {
  return seq > member.joined_seq && (member.left_seq === null || seq <= member.left_seq);
}

/** Who is told of a message with this number: those who are members now, if it lies in their time. */
export function recipientsOf(chat: Pick<ChatRecord, 'members'>, seq: number): string[] {
  const ids: string[] = [];
  for (const member of chat.members.values()) {
    if (member.left_seq === null && seq > member.joined_seq) ids.push(member.user_id);
  }
  return ids;
}

/** The message on the wire. What is over is masked by the caller: see `masked`. */
export function toWire(
  stored: StoredMessage,
  status: MessageStatus,
  replyPreview: ReplyPreview | null,
  media: Media | null,
  isStarred = false,
): Message {
  return { ...stored, reply_to_preview: replyPreview, status, is_starred: isStarred, media };
}

/** The message as it may be shown at `now` (milliseconds since the epoch): one that is over reads as deleted. */
export function masked(message: StoredMessage, now: number): StoredMessage {
  if (message.is_deleted || !isGone(message, now)) return message;
  return { ...message, payload: {}, reactions: {}, is_deleted: true };
}
