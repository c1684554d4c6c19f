/** How far a file is that is being sent, and the way to stop it or to try again. */

import { useSend } from '@parley/sdk/react';
import { RotateCw, Trash2, X } from 'lucide-react';
import { cx } from '../../lib/cx.ts';
import { errorText } from '../../lib/errors.ts';
import { texts } from '../../texts/texts.ts';
import type { Sending } from '../shown.ts';
import styles from './transfer.module.css';

interface TransferProps {
  readonly chatId: string;
  readonly sending: Sending;
  /** Over a picture, instead of beside a name. */
  readonly over?: boolean;
}

export function Transfer({ chatId, sending, over = false }: TransferProps) {
  const { retry, discard } = useSend(chatId);
  const { clientMsgId, failed, error, progress } = sending;
  if (failed) {
    return (
      <div className={cx(styles.transfer, over && styles.over)}>
        <div className={styles.choices}>
          <button type="button" aria-label={texts.actions.retry} onClick={() => retry(clientMsgId)}>
            <RotateCw aria-hidden />
          </button>
          <button type="button" aria-label={texts.media.discard} onClick={() => discard(clientMsgId)}>
            <Trash2 aria-hidden />
          </button>
        </div>
        {over && <p className={styles.reason}>{reason(error)}</p>}
      </div>
    );
  }
  const part = progress && progress.total > 0 ? progress.loaded / progress.total : null;
  return (
    <div className={cx(styles.transfer, over && styles.over)}>
      <div className={styles.circle}>
        <Ring part={part} />
        <button type="button" aria-label={texts.media.cancelSending} onClick={() => discard(clientMsgId)}>
          <X aria-hidden />
        </button>
      </div>
    </div>
  );
}

function reason(error: unknown): string {
  return error ? errorText(error) : texts.media.notSent;
}

/** `part` from 0 to 1; null turns without an end. */
export function Ring({ part }: { part: number | null }) {
  const label = texts.media.progress;
  const shown = part === null ? 0.25 : Math.max(0.02, part);
  return (
    <svg
      className={cx(styles.ring, part === null && styles.endless)}
      viewBox="0 0 40 40"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={part === null ? undefined : Math.round(part * 100)}
    >
      <circle className={styles.track} cx="20" cy="20" r="17" />
      <circle className={styles.done} cx="20" cy="20" r="17" pathLength="1" strokeDasharray={`${shown} 1`} />
    </svg>
  );
}
