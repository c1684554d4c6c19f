import { ChevronDown } from 'lucide-react';
import { useMemo } from 'react';
import { countries } from '../lib/countries.ts';
import { locale } from '../lib/language.ts';
import { countryOf, prefixOf } from '../lib/phone.ts';
import { texts } from '../texts/texts.ts';
import { TextField } from '../ui/text-field.tsx';
import styles from './sign-in.module.css';

export interface PhoneValue {
  readonly country: string;
  readonly written: string;
}

export interface PhoneFieldProps {
  readonly value: PhoneValue;
  readonly onChange: (value: PhoneValue) => void;
  readonly error?: string | null | undefined;
  readonly disabled?: boolean | undefined;
}

/** A phone number with its country. Who writes the prefix need not choose the country. */
export function PhoneField({ value, onChange, error, disabled }: PhoneFieldProps) {
  const { country, written } = value;
  const names = useMemo(sortedNames, []);
  const prefix = prefixOf(country);
  const write = (text: string) => onChange({ country: countryOf(text, country) ?? country, written: text });
  const select = (
    <span className={styles.country} dir="ltr">
      <span aria-hidden="true">{prefix || '+'}</span>
      <ChevronDown size={14} aria-hidden="true" />
      <select
        aria-label={texts.signIn.country}
        value={country}
        disabled={disabled}
        onChange={(event) => onChange({ country: event.target.value, written })}
      >
        <option value="">{texts.signIn.countryOther}</option>
        {names.map(([code, name]) => (
          <option key={code} value={code}>{`${name} (${prefixOf(code)})`}</option>
        ))}
      </select>
    </span>
  );
  return (
    <TextField
      label={texts.signIn.phone}
      type="tel"
      name="phone"
      autoComplete="tel"
      inputMode="tel"
      autoFocus
      dir="ltr"
      required
      before={select}
      hint={prefix ? texts.signIn.phoneHint(prefix) : texts.signIn.phoneHintOther}
      error={error}
      disabled={disabled}
      value={written}
      onChange={(event) => write(event.target.value)}
    />
  );
}

function sortedNames(): (readonly [string, string])[] {
  const names = new Intl.DisplayNames(locale, { type: 'region' });
  return Object.keys(countries)
    .map((code) => [code, names.of(code) ?? code] as const)
    .sort(([, a], [, b]) => a.localeCompare(b, locale));
}
