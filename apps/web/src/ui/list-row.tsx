import type { ComponentPropsWithRef, ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import styles from './list-row.module.css';

export interface ListRowProps extends ComponentPropsWithRef<'button'> {
  /** An avatar or icon. */
  readonly before?: ReactNode;
  readonly title: string;
  readonly subtitle?: ReactNode;
  /** What stands at its end. */
  readonly after?: ReactNode;
  readonly danger?: boolean | undefined;
}

/** A row of a list that can be pressed: people, settings, results. */
export function ListRow({
  before,
  title,
  subtitle,
  after,
  danger = false,
  className,
  ...rest
}: ListRowProps) {
  return (
    <button type="button" {...rest} className={cx(styles.row, danger && styles.danger, className)}>
      {before}
      <span className={styles.texts}>
        <span className={styles.title}>{title}</span>
        {subtitle && <span className={styles.subtitle}>{subtitle}</span>}
      </span>
      {after}
    </button>
  );
}
