/** In place of the composer: why nothing can be written here. */
import { useClient } from '@parley/sdk/react';
import { texts } from '../../texts/texts.ts';
import { Button } from '../../ui/button.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useConversation } from '../context.ts';
import type { Obstacle } from '../model/may.ts';
import styles from './composer.module.css';

export function Closed({ obstacle }: { obstacle: Obstacle }) {
  const { users } = useClient();
  const { chat } = useConversation();
  const { error } = useToast();
  const person = chat?.participant;
  return (
    <div className={styles.closed} role="status">
      <p>{texts.conversation.obstacles[obstacle]}</p>
      {obstacle === 'blocked' && person && (
        <Button variant="plain" onClick={() => void users.unblock({ id: person.user_id }).catch(error)}>
          {texts.conversation.unblock}
        </Button>
      )}
    </div>
  );
}
