/** What a conversation shows: messages that the server has stored, and those on their way to it. */
import type { Message, UnsentMessage } from '@parley/sdk';

export type Shown = Message | UnsentMessage;

export function isStored(message: Shown): message is Message {
  return 'message_id' in message;
}

/** Who wrote it: what is on its way is one's own. */
export function senderOf(message: Shown, me: string): string {
  return isStored(message) ? message.sender_id : me;
}

/** A name for the message that stays the same when it is stored: `client_msg_id` is unique for each sender. */
export function keyOf(message: Shown, me: string): string {
  return `${senderOf(message, me)}:${message.client_msg_id}`;
}

/** What was written: the text of a text message, the caption of a file; empty where there is none. */
export function textOf({ type, payload }: Pick<Shown, 'type' | 'payload'>): string {
  if (type === 'text') return 'body' in payload && typeof payload.body === 'string' ? payload.body : '';
  return 'caption' in payload && typeof payload.caption === 'string' ? payload.caption : '';
}

/** Whether the message has a body of its own besides text. */
export function hasMedia({ type }: Pick<Shown, 'type'>): boolean {
  return type !== 'text' && type !== 'system';
}
