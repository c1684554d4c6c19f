import type { MessageStatus } from '@parley/sdk';
import { Check, CheckCheck, CircleAlert, Clock } from 'lucide-react';
import { cx } from '../lib/cx.ts';
import { texts } from '../texts/texts.ts';
import styles from './status-tick.module.css';

export type ShownStatus = MessageStatus | 'pending' | 'failed';

const icons = { pending: Clock, failed: CircleAlert, sent: Check, delivered: CheckCheck, read: CheckCheck };

/** How far one's own message has come: by its shape and colour, and in words. */
export function StatusTick({ status, size = 16 }: { status: ShownStatus; size?: number | undefined }) {
  const Icon = icons[status];
  return (
    <span className={cx(styles.tick, styles[status])}>
      <Icon size={size} aria-hidden="true" />
      <span className="visually-hidden">{texts.chats.status[status]}</span>
    </span>
  );
}
