import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import styles from './banner.module.css';

/** A line above everything: what concerns all of it, as long as it lasts. */
export function Banner(props: {
  icon?: ReactNode;
  tone?: 'info' | 'warning';
  action?: ReactNode;
  children: ReactNode;
}) {
  const { icon, tone = 'info', action, children } = props;
  return (
    <div role="status" className={cx(styles.banner, styles[tone])}>
      {icon}
      <span className={styles.text}>{children}</span>
      {action}
    </div>
  );
}
