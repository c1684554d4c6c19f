/** Numbers as people read them. */
import { language, locale } from './language.ts';

/** The forms of a text by number, in CLDR's categories; `#` stands for the number. */
export type Forms = { readonly other: string } & { readonly [F in Intl.LDMLPluralRule]?: string };

const rules = new Intl.PluralRules(language.code);
const whole = new Intl.NumberFormat(locale);

/** The form for a number: `plural(3, { one: '# chat', other: '# chats' })` is "3 chats". */
export function plural(count: number, forms: Forms): string {
  return (forms[rules.select(count)] ?? forms.other).replace('#', whole.format(count));
}

/** A whole number. */
export function formatNumber(value: number): string {
  return whole.format(value);
}

/** A count in a small place: 99+ from a hundred on. */
export function formatCount(value: number): string {
  return value > 99 ? `${whole.format(99)}+` : whole.format(value);
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A size in bytes, like "1.2 MB" (of 1,000 kB, as devices count them). */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[power] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: power < 2 ? 0 : 1,
  }).format(bytes / 1000 ** power);
}

/** A time to wait, in whole seconds or, from two minutes on, minutes; rounded up. */
export function formatWait(seconds: number): string {
  const minutes = seconds > 120;
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: minutes ? 'minute' : 'second',
    unitDisplay: 'long',
  }).format(Math.max(1, Math.ceil(minutes ? seconds / 60 : seconds)));
}
