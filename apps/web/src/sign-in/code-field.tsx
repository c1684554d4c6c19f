import { useId } from 'react';
import { cx } from '../lib/cx.ts';
import { texts } from '../texts/texts.ts';
import styles from './sign-in.module.css';

export interface CodeFieldProps {
  readonly value: string;
  readonly onChange: (digits: string) => void;
  readonly error?: string | null | undefined;
  readonly disabled?: boolean | undefined;
  readonly ref?: React.Ref<HTMLInputElement>;
}

export const codeLength = 6;

/** One field that looks like six boxes: what is pasted, or filled in by the phone, fits whatever is between the digits. */
export function CodeField({ value, onChange, error, disabled, ref }: CodeFieldProps) {
  const id = useId();
  const places = Array.from({ length: codeLength }, (_, place) => place);
  return (
    <div>
      <label htmlFor={id} className="visually-hidden">
        {texts.signIn.code}
      </label>
      <div className={cx(styles.code, Boolean(error) && styles.codeWrong)} dir="ltr">
        <input
          id={id}
          ref={ref}
          className={styles.codeInput}
          name="code"
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          value={value}
          readOnly={disabled}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}error` : undefined}
          onChange={(event) => onChange(digitsOf(event.target.value))}
        />
        {places.map((place) => (
          <span
            key={place}
            aria-hidden="true"
            className={cx(styles.digit, place === Math.min(value.length, codeLength - 1) && styles.next)}
          >
            {value[place]}
          </span>
        ))}
      </div>
      <div role="alert">
        {error && (
          <p id={`${id}error`} className={styles.codeError}>
            {error}
          </p>
        )}
      </div>
    </div>
  );
}

/** The digits of any script as those that the server takes. */
function digitsOf(text: string): string {
  const plain = text.normalize('NFKC').replace(/\p{Nd}/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0;
    // Digits of each script stand together, in order, from one whose number ends so that a formatter tells them.
    return point < 128 ? digit : String(localDigit(point));
  });
  return plain.replace(/\D/g, '').slice(0, codeLength);
}

/** The value of a decimal digit: its distance from the zero of its script. */
function localDigit(point: number): number {
  let zero = point;
  while (zero > 0 && point - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return point - zero;
}
