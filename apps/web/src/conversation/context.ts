/** What the parts of a conversation share. The value keeps its identity while people and standing stay the same. */
import type { Message } from '@parley/sdk';
import { createContext, useContext } from 'react';
import type { Standing } from './model/may.ts';
import type { Shown } from './model/shown.ts';

/** Where a menu opens: at an element, or at a point of the page. */
export type Anchor = Element | { readonly x: number; readonly y: number };

export interface ConversationValue extends Standing {
  readonly chatId: string;
  /** Whether names and faces stand beside messages. */
  readonly group: boolean;
  /** What a person is called here; "You" for oneself. */
  readonly nameOf: (userId: string) => string;
  readonly faceOf: (userId: string) => string;
  /** Goes to a message, which may be far away, and marks it for a moment. */
  readonly jumpTo: (messageId: string) => void;
  /** A message that is held, for what replies to it before it is stored itself. */
  readonly find: (messageId: string) => Message | undefined;
  /** Opens what can be done with a message. */
  readonly openActions: (message: Shown, anchor: Anchor, returnTo: HTMLElement | null) => void;
  readonly reply: (message: Message) => void;
  readonly react: (message: Message, emoji: string | null) => void;
  readonly retry: (clientMsgId: string) => void;
  readonly discard: (clientMsgId: string) => void;
}

export const ConversationContext = createContext<ConversationValue | null>(null);

/** The conversation around this part. Throws outside of one. */
export function useConversation(): ConversationValue {
  const value = useContext(ConversationContext);
  if (!value) throw new Error('There is no conversation around this part');
  return value;
}
