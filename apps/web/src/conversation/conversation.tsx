/** A conversation: its header, its messages, and where one writes. */
import { useMessages } from '@parley/sdk/react';
import { CircleAlert, MessageCircleOff } from 'lucide-react';
import { useState } from 'react';
import { errorText } from '../lib/errors.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { PaneHeader } from '../ui/pane.tsx';
import { Room } from './room.tsx';
import { Skeleton } from './skeleton.tsx';

export interface ConversationProps {
  readonly chatId: string;
  /** The message that the address names: it is gone to. */
  readonly messageId?: string | undefined;
}

export function Conversation(props: ConversationProps) {
  const [attempt, setAttempt] = useState(0);
  return <Opened key={attempt} {...props} onRetry={() => setAttempt(attempt + 1)} />;
}

function Opened({ chatId, messageId, onRetry }: ConversationProps & { onRetry: () => void }) {
  const view = useMessages(chatId);
  const { unknown, unknownHint, failed } = texts.conversation;
  // What is held is shown, whatever becomes of the rest.
  if (view.chat && (view.loaded || view.messages.length > 0)) {
    return <Room chatId={chatId} chat={view.chat} view={view} messageId={messageId} />;
  }
  const { error } = view;
  if (!error) return <Skeleton />;
  const missing = error.code === 'CHAT_NOT_FOUND' || error.code === 'BAD_REQUEST';
  return (
    <>
      <PaneHeader backShown="narrow" title="" />
      {missing ? (
        <EmptyState icon={<MessageCircleOff size={32} />} title={unknown} hint={unknownHint} />
      ) : (
        <EmptyState
          icon={<CircleAlert size={32} />}
          title={failed}
          hint={errorText(error)}
          action={<Button onClick={onRetry}>{texts.actions.retry}</Button>}
        />
      )}
    </>
  );
}
