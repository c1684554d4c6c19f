/** Messages that one has starred, the one starred last first. */
import type { Message } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { Star, StarOff } from 'lucide-react';
import { errorText } from '../lib/errors.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { Pane } from '../ui/pane.tsx';
import { Loading } from '../ui/spinner.tsx';
import { useToast } from '../ui/toast.tsx';
import { FoundRow } from './found-row.tsx';
import styles from './search.module.css';
import { useChatsOf } from './use-chats-of.ts';
import { useStarred } from './use-starred.ts';

export function Starred() {
  const client = useClient();
  const toast = useToast();
  const { messages, error, hasMore, busy, more, retry } = useStarred();
  const chats = useChatsOf(messages ?? []);
  const unstar = async ({ message_id }: Message) => {
    try {
      await client.messages.unstar({ id: message_id });
      toast.show(texts.search.unstarred);
    } catch (cause) {
      toast.error(cause);
    }
  };
  return (
    <Pane title={texts.search.starred}>
      {error && (
        <div role="alert" className={styles.problem}>
          <p>{errorText(error)}</p>
          <Button variant="plain" onClick={retry}>
            {texts.actions.retry}
          </Button>
        </div>
      )}
      {!messages && !error && <Loading />}
      {messages?.length === 0 && (
        <EmptyState
          icon={<Star size={32} />}
          title={texts.search.starredNone}
          hint={texts.search.starredNoneHint}
        />
      )}
      <ul>
        {messages?.map((message) => (
          <li key={message.message_id}>
            <FoundRow
              message={message}
              chat={chats.get(message.chat_id)}
              after={
                <IconButton
                  label={texts.search.unstar}
                  icon={<StarOff size={20} />}
                  onClick={() => void unstar(message)}
                />
              }
            />
          </li>
        ))}
      </ul>
      {hasMore && (
        <Button wide busy={busy} onClick={more}>
          {texts.search.more}
        </Button>
      )}
    </Pane>
  );
}
