import type { ChatSummary, Message, Participant } from '@parley/contract';
import { useCallback, useEffect, useMemo } from 'react';
import type { ParleyError } from '../errors.ts';
import type { MessageList } from '../view/message-list.ts';
import type { UnsentMessage } from '../view/unsent.ts';
import { type Loading, useLoading } from './loading.ts';
import { fields, useSource } from './source.ts';
import { useView } from './view.ts';

/** What `useMessages` answers. */
export interface MessagesState {
  /** Messages, oldest first, without a hole; after them those that are not stored yet (`status` `pending` or `failed`). */
  readonly messages: readonly (Message | UnsentMessage)[];
  /** The chat; null until it is there. */
  readonly chat: ChatSummary | null;
  /** The present members; empty until they are there. */
  readonly participants: readonly Participant[];
  /** Whether `loadOlder` would fetch messages. */
  readonly hasOlder: boolean;
  /** Fetches older messages. The promise may be ignored: what goes wrong is also shown as `error`. */
  readonly loadOlder: () => Promise<void>;
  /** Whether there are newer messages than those that are shown, after `reach`. */
  readonly hasNewer: boolean;
  /** Fetches newer messages, as `loadOlder` does older ones. */
  readonly loadNewer: () => Promise<void>;
  /** Shows the newest messages. */
  readonly toNewest: () => Promise<void>;
  /** Shows the messages around one of them; false where it is not to be seen. */
  readonly reach: (messageId: string) => Promise<boolean>;
  /** Marks all as read that is shown, or what is there up to a message. */
  readonly markRead: (upToMessageId?: string) => void;
  /** The id of the first message that was not read when the chat was opened; null if there is none. */
  readonly firstUnread: string | null;
  /** What was written and not sent yet. */
  readonly draft: string;
  /** Keeps what is being written. */
  readonly setDraft: (text: string) => void;
  /** Whether the newest messages are there. */
  readonly loaded: boolean;
  /** Why loading failed last; null as soon as it succeeds. What may pass is tried again by itself. */
  readonly error: ParleyError | null;
}

type Shown = Pick<
  MessagesState,
  'messages' | 'chat' | 'participants' | 'hasOlder' | 'hasNewer' | 'firstUnread' | 'draft'
>;

const empty: Shown = {
  messages: [],
  chat: null,
  participants: [],
  hasOlder: false,
  hasNewer: false,
  firstUnread: null,
  draft: '',
};

function shownBy(view: MessageList): Shown {
  const { all: messages, chat, participants, hasOlder, hasNewer, firstUnread, draft } = view;
  return { messages, chat, participants, hasOlder, hasNewer, firstUnread, draft };
}

/**
 * A chat with its messages (`client.messages(chatId)`), loaded as soon as somebody is signed in and released when the last
 * component that shows it is gone.
 */
export function useMessages(chatId: string): MessagesState {
  const view = useView(chatId);
  const source = useMemo(
    () =>
      fields(
        (changed) => view.subscribe(changed),
        () => shownBy(view),
        empty,
      ),
    [view],
  );
  const shown = useSource(source);
  const load = useCallback(() => view.load(), [view]);
  const { more, ...loading } = useLoading(load);
  useRelease(view);
  const actions = useMemo(() => actionsOf(view, more), [view, more]);
  return { ...shown, ...loading, ...actions };
}

function actionsOf(view: MessageList, more: Loading['more']) {
  return {
    loadOlder: () => more(() => view.loadOlder()),
    loadNewer: () => more(() => view.loadNewer()),
    toNewest: () => more(() => view.toNewest()),
    reach: (messageId: string) => more(() => view.reach(messageId)),
    markRead: (upToMessageId?: string) => void view.markRead(upToMessageId),
    setDraft: (text: string) => view.setDraft(text),
  };
}

/** Releases the view when it is not shown any more; it keeps itself while somebody else is subscribed. */
function useRelease(view: MessageList): void {
  useEffect(() => {
    // A turn later: StrictMode, and a component that takes the place of this one, subscribe again at once.
    return () => void setTimeout(() => view.release(), 0);
  }, [view]);
}
