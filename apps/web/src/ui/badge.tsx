import { cx } from '../lib/cx.ts';
import { formatCount } from '../lib/numbers.ts';
import styles from './badge.module.css';

/** A number that wants to be seen; `label` says of what ("3 unread messages"). Nothing for none. */
export function Badge({
  count,
  label,
  quiet = false,
}: {
  count: number;
  label: string;
  quiet?: boolean | undefined;
}) {
  if (count <= 0) return null;
  return (
    <span className={cx(styles.badge, quiet && styles.quiet)}>
      <span aria-hidden="true">{formatCount(count)}</span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
