import type { ComponentPropsWithRef, ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import styles from './icon-button.module.css';

export interface IconButtonProps extends ComponentPropsWithRef<'button'> {
  /** What it does: its name, and its tooltip. */
  readonly label: string;
  /** An icon of 20 to 24 px. */
  readonly icon: ReactNode;
  readonly variant?: 'plain' | 'filled' | 'accent' | undefined;
  readonly size?: 'm' | 's' | undefined;
}

/** A round button with an icon; what it does is its accessible name and shows as a tooltip (`Tooltips`). */
export function IconButton({
  label,
  icon,
  variant = 'plain',
  size = 'm',
  className,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      data-tooltip={label}
      {...rest}
      className={cx(styles.button, styles[variant], styles[size], className)}
    >
      {icon}
    </button>
  );
}
