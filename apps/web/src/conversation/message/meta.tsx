/** Time and state of a message, at the end of its last line. */
import { Check, CheckCheck, CircleAlert, Clock, Star, Timer } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../../lib/cx.ts';
import { formatDayAndTime, formatFull, formatTime } from '../../lib/dates.ts';
import { language } from '../../lib/language.ts';
import { texts } from '../../texts/texts.ts';
import { isStored, type Shown } from '../model/shown.ts';
import styles from './meta.module.css';

export function Meta({ message, own }: { message: Shown; own: boolean }) {
  const { edited, starredMark, disappears } = texts.conversation;
  const stored = isStored(message) && !message.is_deleted ? message : null;
  const expires = stored?.expires_at ? formatDayAndTime(stored.expires_at) : null;
  return (
    <span className={styles.meta}>
      {stored?.is_starred && <Mark icon={<Star size={12} fill="currentColor" />} label={starredMark} />}
      {expires && <Mark icon={<Timer size={12} />} label={disappears(expires.day, expires.time)} />}
      {stored?.edited_at && <span>{edited}</span>}
      <time dir={language.dir} dateTime={message.created_at} title={formatFull(message.created_at)}>
        {formatTime(message.created_at)}
      </time>
      {own && !(isStored(message) && message.is_deleted) && <Ticks status={message.status} />}
    </span>
  );
}

const icons = {
  pending: Clock,
  failed: CircleAlert,
  sent: Check,
  delivered: CheckCheck,
  read: CheckCheck,
} as const;

/** How far a message has come: a clock, one tick, two, two in colour. */
export function Ticks({ status }: { status: Shown['status'] }) {
  const Icon = icons[status];
  return (
    <span className={cx(styles.tick, styles[status])} data-status={status}>
      <Icon
        size={status === 'pending' || status === 'failed' ? 13 : 16}
        strokeWidth={2.25}
        aria-hidden="true"
      />
      <span className="visually-hidden">{texts.conversation.status[status]}</span>
    </span>
  );
}

function Mark({ icon, label }: { icon: ReactNode; label: string }) {
  return (
    <span className={styles.tick} title={label}>
      {icon}
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
