/** Goes to the newest message, and says how many there are that were not read. */
import { ChevronDown } from 'lucide-react';
import { formatCount } from '../../lib/numbers.ts';
import { texts } from '../../texts/texts.ts';
import styles from './message-list.module.css';

export function NewestButton({ count, onClick }: { count: number; onClick: () => void }) {
  const { toNewest, newMessages } = texts.conversation;
  return (
    <button
      type="button"
      className={styles.newest}
      onClick={onClick}
      aria-label={count > 0 ? `${toNewest}: ${newMessages(count)}` : toNewest}
    >
      <ChevronDown aria-hidden="true" size={22} />
      {count > 0 && <span className={styles.count}>{formatCount(count)}</span>}
    </button>
  );
}
