/** What a chat's row says of its messages: what is typed, was written and not sent, or was said last. */
import type { ChatSummary, LastMessage, MessageStatus, Participant } from '@parley/sdk';
import { personName, previewText } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';

/** What the row of a chat is made of, besides the chat itself. */
export interface Held {
  readonly me: string | null;
  readonly typing: readonly string[];
  readonly draft: string;
  /** The newest message that is held, stored or on its way. */
  readonly newest: NewestMessage | null;
  readonly participants: readonly Participant[];
}

export interface NewestMessage {
  readonly message_id: string | null;
  readonly type: LastMessage['type'];
  readonly text: string;
  readonly status: MessageStatus | 'pending' | 'failed';
  readonly created_at: string;
}

export interface LastLine {
  readonly kind: 'typing' | 'draft' | 'message' | 'nothing';
  readonly text: string;
  /** Of a message: what kind of thing it is. */
  readonly type: LastMessage['type'] | null;
  /** Of one's own message. */
  readonly status: NewestMessage['status'] | null;
  readonly at: string;
}

/** The one line of a chat. */
export function lastLine(chat: ChatSummary, held: Held): LastLine {
  const plain = { type: null, status: null, at: chat.last_message?.timestamp ?? chat.updated_at };
  if (held.typing.length > 0) return { ...plain, kind: 'typing', text: typingText(chat, held) };
  if (held.draft.trim() !== '') return { ...plain, kind: 'draft', text: held.draft };
  const { newest, me } = held;
  if (newest && newest.message_id === null) {
    const { type, status, created_at: at } = newest;
    const preview = previewText({ type, preview: newest.text });
    return { kind: 'message', text: texts.chats.you(preview), type, status, at };
  }
  const last = chat.last_message;
  if (!last) return { ...plain, kind: 'nothing', text: texts.chats.noMessages };
  const mine = last.sender_id === me && last.type !== 'system';
  const status = mine && newest?.message_id === last.message_id ? newest.status : null;
  return { kind: 'message', text: saidBy(chat, last, held), type: last.type, status, at: last.timestamp };
}

function saidBy(chat: ChatSummary, last: LastMessage, { me, participants }: Held): string {
  const preview = previewText(last);
  if (last.type === 'system') return preview;
  if (last.sender_id === me) return texts.chats.you(preview);
  const sender = participants.find(({ user_id }) => user_id === last.sender_id);
  return chat.type === 'group' && sender ? texts.chats.by(personName(sender.display_name), preview) : preview;
}

function typingText(chat: ChatSummary, { typing, participants }: Held): string {
  if (chat.type === 'direct') return texts.chats.typing;
  if (typing.length > 1) return texts.chats.areTyping(typing.length);
  const typist = participants.find(({ user_id }) => user_id === typing[0]);
  return typist ? texts.chats.isTyping(personName(typist.display_name)) : texts.chats.typing;
}
