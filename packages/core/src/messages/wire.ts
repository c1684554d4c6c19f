/** From stored messages to what one viewer sees on the wire (contract section 2, Messages). */
import { type Message, type MessageStatus, previewOf, type ReplyPreview } from '@parley/contract';
import type { ChatRecord, Member, StoredMessage } from '../ports/stores.ts';

/** The one line that stands for a replied-to message; empty once that was deleted. */
export function replyPreviewOf(message: StoredMessage): ReplyPreview {
  return {
    message_id: message.message_id,
    sender_id: message.sender_id,
    type: message.type,
    preview: message.is_deleted ? '' : previewOf(message.type, message.payload),
  };
}

function reached(member: Member, seq: number, readsVisible: boolean): MessageStatus {
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

export function toWire(
  stored: StoredMessage,
  status: MessageStatus,
  replyPreview: ReplyPreview | null,
): Message {
  return { ...stored, reply_to_preview: replyPreview, status, is_starred: false, media: null };
}
