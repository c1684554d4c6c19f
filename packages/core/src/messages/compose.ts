/** What a new message is made of before it is stored. */
import { hash } from 'node:crypto';
import type { MessagePayload, MessageType } from '@parley/contract';
import { newId } from '../lib/ids.ts';
import type { ChatRecord, EventContext, NewMessage } from '../ports/stores.ts';
import { searchTokens } from '../search/tokens.ts';

/** What makes a send the one it is. */
export interface Draft {
  chat_id: string;
  type: Exclude<MessageType, 'system'>;
  payload: MessagePayload;
  reply_to_message_id: string | null;
  forwarded_from: NewMessage['forwarded_from'];
}

/** Tells a repeated send from another one that reuses its id; not a secret, so a short digest will do. */
export function fingerprintOf(draft: Omit<Draft, 'forwarded_from'>): string {
  const canonical = JSON.stringify([
    draft.chat_id,
    draft.type,
    Object.entries(draft.payload).sort(([a], [b]) => (a < b ? -1 : 1)),
    draft.reply_to_message_id,
  ]);
  return hash('sha256', canonical, 'base64url').slice(0, 32);
}

/** The message to be stored in `chat`, which also says when it disappears. `now` in milliseconds since the epoch. */
export function compose(
  chat: Pick<ChatRecord, 'auto_delete_seconds'>,
  draft: Draft,
  by: { senderId: string; clientMsgId: string; fingerprint: string; context: EventContext; now: number },
): NewMessage {
  const life = chat.auto_delete_seconds * 1000;
  return {
    message_id: newId(),
    chat_id: draft.chat_id,
    sender_id: by.senderId,
    client_msg_id: by.clientMsgId,
    type: draft.type,
    payload: draft.payload,
    reply_to_message_id: draft.reply_to_message_id,
    forwarded_from: draft.forwarded_from,
    fingerprint: by.fingerprint,
    created_at: new Date(by.now).toISOString(),
    expires_at: life === 0 ? null : new Date(by.now + life).toISOString(),
    tokens: searchTokens(draft.type, draft.payload),
    context: by.context,
  };
}
