/** Phone numbers as people write them, made E.164 (contract section 1). */
import { countries } from './countries.ts';

/** Numbers in these countries keep a zero in front. */
const withZero = new Set(['IT', 'SM', 'VA']);

/** The dialling prefix of a country, like `+49`; empty where none is chosen. */
export function prefixOf(country: string): string {
  const prefix = countries[country];
  return prefix === undefined ? '' : `+${prefix}`;
}

/** The number as E.164, or null where it cannot be one. What begins with `+` or `00` has its country itself. */
export function toE164(written: string, country: string): string | null {
  const text = written.normalize('NFKC').trim();
  const digits = text.replace(/\D/g, '');
  // Letters are no part of any number; silently dropping them would make another one.
  if (/\p{L}/u.test(text)) return null;
  const international = text.startsWith('+') ? digits : digits.startsWith('00') ? digits.slice(2) : null;
  const national = withZero.has(country) ? digits : digits.replace(/^0+/, '');
  const number = international ?? (prefixOf(country) && prefixOf(country).slice(1) + national);
  return /^[1-9]\d{6,14}$/.test(number) ? `+${number}` : null;
}

/** Whether somebody seems to be writing a number rather than a name. */
export function looksLikePhone(text: string): boolean {
  return /^\s*(\+|00)?[\d\s().\-/–]{4,}$/.test(text);
}

/** The country of a number that was written with its prefix; null where it has none, or it is not known. */
export function countryOf(written: string, chosen: string): string | null {
  const match = /^\s*(?:\+|00)\s*(\d[\d\s]*)/.exec(written);
  if (!match) return null;
  const digits = (match[1] ?? '').replace(/\s/g, '');
  const fitting = Object.entries(countries).filter(([, prefix]) => digits.startsWith(prefix));
  const longest = Math.max(...fitting.map(([, prefix]) => prefix.length));
  const best = fitting.filter(([, prefix]) => prefix.length === longest).map(([country]) => country);
  // Several countries share a prefix: the chosen one stays, else the one the prefix is known for.
  return best.includes(chosen) ? chosen : (best.find((country) => main.has(country)) ?? best[0] ?? null);
}

const main = new Set(['US', 'RU', 'GB', 'NO', 'AU', 'FI', 'FR', 'MA', 'IT']);

/** The number for people: groups of digits after the prefix. */
export function formatPhone(e164: string): string {
  const country = countryOf(e164, '');
  const prefix = country ? prefixOf(country) : '';
  const rest = e164.slice(prefix.length);
  return prefix ? `${prefix} ${rest.replace(/(\d{3})(?=\d{3,})/g, '$1 ')}` : e164;
}

/** Where the browser's language says that the person is; empty where it does not. */
export function likelyCountry(): string {
  for (const tag of navigator.languages) {
    const { region } = new Intl.Locale(tag);
    if (region && region in countries) return region;
  }
  return '';
}
