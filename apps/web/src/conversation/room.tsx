/** A conversation whose chat is known. */
import type { ChatSummary, Message } from '@parley/sdk';
import { type MessagesState, useAccount, useClient, useSend, useSession } from '@parley/sdk/react';
import { Hand } from 'lucide-react';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { errorText } from '../lib/errors.ts';
import { chatName } from '../lib/names.ts';
import { DropZone } from '../media/index.ts';
import { texts } from '../texts/texts.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { useToast } from '../ui/toast.tsx';
import { MessageActions, type Opened } from './actions/message-actions.tsx';
import { Closed } from './composer/closed.tsx';
import { Composer, type ComposerHandle, type Mode } from './composer/composer.tsx';
import { ConversationContext, type ConversationValue } from './context.ts';
import styles from './conversation.module.css';
import { Dialogues } from './dialogues.tsx';
import { Header } from './header/header.tsx';
import { Announcer } from './list/announcer.tsx';
import { type ListHandle, MessageList } from './list/message-list.tsx';
import { editable, obstacleOf } from './model/may.ts';
import { isStored, keyOf } from './model/shown.ts';
import { useAsked } from './use-asked.ts';
import { useJump } from './use-jump.ts';
import { usePeople } from './use-people.ts';
import { useRows } from './use-rows.ts';
import { useUnreadLine } from './use-unread-line.ts';

interface RoomProps {
  readonly chatId: string;
  readonly chat: ChatSummary;
  readonly view: MessagesState;
  readonly messageId: string | undefined;
}

export function Room({ chatId, chat, view, messageId }: RoomProps) {
  const me = useSession() ?? '';
  const { realtime } = useClient();
  const { blocked } = useAccount();
  const { retry, discard } = useSend(chatId);
  const toast = useToast();
  const [location, navigate] = useLocation();
  const { messages, participants } = view;
  const people = usePeople(me, participants, messages);
  const unread = useUnreadLine({ ...view, me });
  const rows = useRows(me, messages, view.hasOlder, unread.line);
  const [mode, setMode] = useState<Mode | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const { dialogue, ask, close } = useAsked(setMode);
  const list = useRef<ListHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const latest = useRef(messages);
  latest.current = messages;

  const find = useCallback(
    (id: string) => latest.current.filter(isStored).find(({ message_id }) => message_id === id),
    [],
  );
  const { target, jumpTo, seeking } = useJump(rows, view, messageId);
  // On the way to a message pages come and go that nobody wants to see.
  const steady = useRef(rows);
  if (!seeking) steady.current = rows;
  const endMode = useCallback(() => setMode(null), []);
  const react = useCallback(
    (message: Message, emoji: string | null) =>
      void realtime.react(message.message_id, emoji).catch(toast.error),
    [realtime, toast],
  );
  const value = useMemo(
    (): ConversationValue => ({
      chatId,
      me,
      chat,
      participants,
      blocked,
      group: chat.type === 'group',
      ...people,
      find,
      jumpTo: (id) => void jumpTo(id),
      openActions: (message, anchor, returnTo) => setOpened({ message, anchor, returnTo }),
      reply: (message) => setMode({ kind: 'reply', message }),
      react,
      retry,
      discard,
    }),
    [chatId, me, chat, participants, blocked, people, find, jumpTo, react, retry, discard],
  );

  const edit = (message: Message, text: string) => {
    const payload = message.type === 'text' ? { body: text } : { caption: text };
    void realtime.editMessage(message.message_id, payload).catch(toast.error);
  };
  const editLast = () => {
    const own = messages.findLast(
      (message) => isStored(message) && message.sender_id === me && !message.is_deleted,
    );
    if (own && isStored(own) && editable(own, Date.now())) setMode({ kind: 'edit', message: own });
  };
  const toNewest = async () => {
    // The address of a message is over once one leaves it.
    if (location !== `/c/${chatId}`) navigate(`/c/${chatId}`, { replace: true });
    if (view.hasNewer) await view.toNewest().catch(toast.error);
  };
  const sent = () => {
    void toNewest().then(() => list.current?.toEnd());
  };
  const obstacle = obstacleOf(value);
  const replyTo = mode?.kind === 'reply' ? mode.message.message_id : undefined;
  return (
    <ConversationContext value={value}>
      <DropZone chatId={chatId} replyTo={replyTo} onSent={sent} disabled={obstacle !== null}>
        <Header />
        <section className={styles.canvas} aria-label={texts.conversation.label(chatName(chat))}>
          {view.error && view.loaded && (
            <p className={styles.notice} role="status">
              {errorText(view.error)}
            </p>
          )}
          {rows.length > 0 ? (
            <MessageList
              handle={list}
              rows={steady.current}
              hasOlder={view.hasOlder}
              hasNewer={view.hasNewer}
              loadOlder={view.loadOlder}
              loadNewer={view.loadNewer}
              toNewest={toNewest}
              markRead={view.markRead}
              settled={unread.known}
              target={target}
              seeking={seeking}
              unreadCount={chat.unread_count}
              pinned={opened ? keyOf(opened.message, me) : null}
            />
          ) : (
            <Empty chat={chat} />
          )}
          <Announcer rows={rows} newest={!view.hasNewer} />
        </section>
        {obstacle ? (
          <Closed obstacle={obstacle} />
        ) : (
          <Composer
            chatId={chatId}
            handle={composer}
            mode={mode}
            onModeEnd={endMode}
            onEdit={edit}
            onEditLast={editLast}
            onSent={sent}
            draft={view.draft}
            setDraft={view.setDraft}
          />
        )}
        <MessageActions opened={opened} onClose={() => setOpened(null)} onAsk={ask} />
        {dialogue && <Dialogues dialogue={dialogue} onClose={close} />}
      </DropZone>
    </ConversationContext>
  );
}

function Empty({ chat }: { chat: ChatSummary }) {
  const { empty, emptyHint, emptyGroupHint } = texts.conversation;
  const hint = chat.type === 'group' ? emptyGroupHint : emptyHint(chatName(chat));
  return (
    <div className={styles.empty}>
      <EmptyState icon={<Hand size={32} />} title={empty} hint={chat.is_member ? hint : undefined} />
    </div>
  );
}
