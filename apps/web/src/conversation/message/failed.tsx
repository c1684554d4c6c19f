/** A message that was not sent: why, and what to do about it. */
import { RotateCw, Trash2 } from 'lucide-react';
import { errorText } from '../../lib/errors.ts';
import { texts } from '../../texts/texts.ts';
import { useConversation } from '../context.ts';
import { isStored, type Shown } from '../model/shown.ts';
import styles from './failed.module.css';

export function Failed({ message }: { message: Shown }) {
  const { retry, discard } = useConversation();
  const { failedWhy, sendAgain, discard: discardText } = texts.conversation;
  if (isStored(message)) return null;
  return (
    <div className={styles.failed}>
      <p className={styles.why}>{failedWhy(message.error ? errorText(message.error) : '')}</p>
      <button type="button" className={styles.button} onClick={() => retry(message.client_msg_id)}>
        <RotateCw size={14} aria-hidden="true" /> {sendAgain}
      </button>
      <button type="button" className={styles.button} onClick={() => discard(message.client_msg_id)}>
        <Trash2 size={14} aria-hidden="true" /> {discardText}
      </button>
    </div>
  );
}
