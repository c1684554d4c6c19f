import { type ComponentPropsWithRef, type ReactNode, useId } from 'react';
import { cx } from '../lib/cx.ts';
import styles from './text-field.module.css';

export interface TextFieldProps extends ComponentPropsWithRef<'input'> {
  readonly label: string;
  /** Only for assistive technology: where the place says what it is for. */
  readonly hideLabel?: boolean | undefined;
  /** What is expected. */
  readonly hint?: ReactNode;
  /** What is wrong; told at once. */
  readonly error?: ReactNode;
  /** Before and after what is written, inside the frame. */
  readonly before?: ReactNode;
  readonly after?: ReactNode;
}

/** A line to write in. */
export function TextField(props: TextFieldProps) {
  const { label, hideLabel = false, hint, error, before, after, className, ...rest } = props;
  const id = useId();
  const described = [hint && `${id}hint`, error && `${id}error`].filter(Boolean).join(' ');
  return (
    <div className={cx(styles.field, className)}>
      <label htmlFor={rest.id ?? id} className={cx(styles.label, hideLabel && 'visually-hidden')}>
        {label}
      </label>
      <div className={cx(styles.frame, Boolean(error) && styles.wrong)}>
        {before}
        <input
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
          {...rest}
          className={styles.input}
        />
        {after}
      </div>
      {hint && (
        <p id={`${id}hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      <div role="alert">
        {error && (
          <p id={`${id}error`} className={styles.error}>
            {error}
          </p>
        )}
      </div>
    </div>
  );
}
