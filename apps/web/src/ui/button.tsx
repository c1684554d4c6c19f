import type { ComponentPropsWithRef, ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import styles from './button.module.css';
import { Spinner } from './spinner.tsx';

export interface ButtonProps extends ComponentPropsWithRef<'button'> {
  /** `primary`: what one came for, once per view. `danger`: what cannot be undone. */
  readonly variant?: 'primary' | 'secondary' | 'plain' | 'danger' | undefined;
  readonly icon?: ReactNode;
  /** Shows that it is at work, and cannot be pressed meanwhile. */
  readonly busy?: boolean | undefined;
  /** As wide as there is room. */
  readonly wide?: boolean | undefined;
}

/** A button with a text. */
export function Button(props: ButtonProps) {
  const { variant = 'secondary', icon, busy = false, wide = false, className, children, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      aria-disabled={busy || rest['aria-disabled']}
      onClick={busy ? (event) => event.preventDefault() : rest.onClick}
      className={cx(styles.button, styles[variant], wide && styles.wide, className)}
    >
      {busy ? <Spinner size={18} /> : icon}
      <span>{children}</span>
    </button>
  );
}
