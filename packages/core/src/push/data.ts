/** What a push carries: strings all (contract section 6). */
import { type PushData, previewOf } from '@parley/contract';
import type { Core } from '../context.ts';
import type { ChatRecord, StoredMessage, UserRecord } from '../ports/stores.ts';
import { allows } from '../users/profile.ts';

/** What is told of a message. */
export type PushedMessage = Pick<
  StoredMessage,
  | 'message_id'
  | 'chat_id'
  | 'sender_id'
  | 'seq'
  | 'type'
  | 'payload'
  | 'created_at'
  | 'is_deleted'
  | 'expires_at'
>;

/** A sender as one recipient may see it. */
export interface SenderView {
  name: string;
  /** Empty where privacy or a block hides it. */
  avatar: string;
}

/** Senders as their recipients may see them, in the order of the pairs; one query for names and one for privacy, however many there are. */
export async function senderViews(
  core: Pick<Core, 'users' | 'privacy'>,
  pairs: readonly { viewer: string; target: string }[],
): Promise<SenderView[]> {
  if (pairs.length === 0) return [];
  const [users, relations] = await Promise.all([
    core.users.findMany([...new Set(pairs.map(({ target }) => target))]),
    core.privacy.relations(pairs),
  ]);
  return pairs.map(({ target }, index) => {
    const user: UserRecord | undefined = users.get(target);
    const relation = relations[index];
    const seen = relation !== undefined && allows(relation.privacy.profile_photo, relation);
    return { name: user?.display_name ?? '', avatar: seen ? (user?.avatar_url ?? '') : '' };
  });
}

/** A push of one message, or of `count` of which this is the newest. */
export function messageData(
  chat: ChatRecord,
  message: PushedMessage,
  sender: SenderView,
  count: number,
): PushData {
  return {
    type: 'new_message',
    ...chatFields(chat),
    message_id: message.message_id,
    sender_id: message.sender_id,
    sender_name: sender.name,
    sender_avatar: sender.avatar,
    message_preview: count > 1 ? `${count} new messages` : previewOf(message.type, message.payload),
    message_type: message.type,
    message_count: String(count),
    timestamp: epochText(message.created_at),
  };
}

/** The push to somebody who was added to a group at `at` (ISO 8601). */
export function addedData(chat: ChatRecord, addedBy: string, sender: SenderView, at: string): PushData {
  return {
    type: 'group_added',
    ...chatFields(chat),
    sender_id: addedBy,
    sender_name: sender.name,
    sender_avatar: sender.avatar,
    message_preview: `You were added by ${sender.name || 'Someone'}`,
    message_type: 'system',
    timestamp: epochText(at),
  };
}

/** The silent push that lets other devices take back what they show; `newest` is the newest message that was read, if it is known. */
export function readData(chatId: string, newest: string | undefined, at: string): PushData {
  const read = newest === undefined ? {} : { message_id: newest };
  return { type: 'chat.read', chat_id: chatId, ...read, timestamp: epochText(at) };
}

function chatFields(chat: ChatRecord) {
  const chat_name = chat.type === 'group' ? chat.name : '';
  return { chat_id: chat.chat_id, chat_type: chat.type, chat_name };
}

/** A time (ISO 8601) in milliseconds since the epoch. */
function epochText(at: string): string {
  return String(Date.parse(at));
}
