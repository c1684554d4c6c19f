/** Dates and times as people read them. All take what the wire has: ISO 8601. Days are those of the device's time zone. */
import { locale } from './language.ts';

const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short' });
const longWeekday = new Intl.DateTimeFormat(locale, { weekday: 'long' });
const shortDate = new Intl.DateTimeFormat(locale, { dateStyle: 'short' });
const dayOfYear = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const longDate = new Intl.DateTimeFormat(locale, { dateStyle: 'long' });
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

/** Calendar days from one moment to another: 0 on the same day, whatever the time of day or daylight saving. */
export function daysBetween(earlier: Date, later: Date): number {
  const day = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day(later) - day(earlier)) / 86_400_000);
}

/** The time of day: "14:05" or "2:05 PM", as the person's language has it. */
export function formatTime(iso: string): string {
  return time.format(new Date(iso));
}

/** For lists: the time today, "yesterday", the weekday within a week, else the date. */
export function formatListTime(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days <= 0) return time.format(date);
  if (days === 1) return capital(relative.format(-1, 'day'));
  return days < 7 ? weekday.format(date) : shortDate.format(date);
}

/** For separators between days: "Today", "Yesterday", the weekday, the date with its year if that is another. */
export function formatDay(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days === 0 || days === 1) return capital(relative.format(-days, 'day'));
  if (days > 1 && days < 7) return capital(longWeekday.format(date));
  return (date.getFullYear() === now.getFullYear() ? dayOfYear : longDate).format(date);
}

/** Everything, for those who want to know it exactly. */
export function formatFull(iso: string): string {
  return full.format(new Date(iso));
}

/** A date alone. */
export function formatDate(iso: string): string {
  return longDate.format(new Date(iso));
}

/** For "last seen …": "today at 14:05" in two parts: the day as in a sentence, and the time. */
export function formatDayAndTime(iso: string, now = new Date()): { day: string; time: string } {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  const near = days === 0 || days === 1;
  return { day: near ? relative.format(-days, 'day') : shortDate.format(date), time: time.format(date) };
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
