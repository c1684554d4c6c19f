/** Whom one has blocked, and the way back. */
import { useAccount } from '@parley/sdk/react';
import { ShieldCheck } from 'lucide-react';
import { useMemo } from 'react';
import { usePeopleOf } from '../groups/use-people-of.ts';
import { personName } from '../lib/names.ts';
import { useBlock } from '../people/use-block.ts';
import { texts } from '../texts/texts.ts';
import about from '../ui/about.module.css';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Pane } from '../ui/pane.tsx';
import styles from './settings.module.css';

export function Blocked() {
  const { blocked } = useAccount();
  const who = useMemo(() => blocked.map((user_id) => ({ user_id })), [blocked]);
  const people = usePeopleOf(undefined, who);
  const { unblock } = useBlock();
  return (
    <Pane title={texts.settings.blocked} back="/settings/privacy">
      {blocked.length === 0 && (
        <EmptyState
          icon={<ShieldCheck size={32} />}
          title={texts.settings.blockedNone}
          hint={texts.settings.blockedNoneHint}
        />
      )}
      <ul>
        {blocked.map((id) => {
          const name = personName(people.get(id)?.display_name);
          return (
            <li key={id} className={styles.row}>
              <Avatar id={id} name={name} url={people.get(id)?.avatar_url} />
              <span className={about.texts}>
                <bdi className={about.name}>{name}</bdi>
              </span>
              <Button aria-label={texts.people.unblock(name)} onClick={() => void unblock(id, name)}>
                {texts.settings.unblock}
              </Button>
            </li>
          );
        })}
      </ul>
    </Pane>
  );
}
