import type { Header } from './header.ts';

export type DateOrder = 'day-first' | 'month-first' | 'year-first';

/**
 * Decides for a whole file whether `03/04` is the 3rd of April or the 4th of March.
 *
 * A number above 12 can only be a day; without one, exports being chronological, the order in which time
 * runs backwards less often is right; if both run equally well it is day first, except in the US style.
 */
export function inferOrder(headers: readonly Header[]): DateOrder {
  if (headers[0]?.yearFirst) return 'year-first';
  let dayFirst = 0;
  let monthFirst = 0;
  for (const { first, second } of headers) {
    if (first > 12 && first <= 31 && second <= 12) dayFirst++;
    if (second > 12 && second <= 31 && first <= 12) monthFirst++;
  }
  // Both can occur when a message quotes another chat: then the more frequent one is the file's own.
  if (dayFirst !== monthFirst) return dayFirst > monthFirst ? 'day-first' : 'month-first';
  const backwardsIfDayFirst = countBackwards(headers, 'day-first');
  const backwardsIfMonthFirst = countBackwards(headers, 'month-first');
  if (backwardsIfDayFirst !== backwardsIfMonthFirst) {
    return backwardsIfDayFirst < backwardsIfMonthFirst ? 'day-first' : 'month-first';
  }
  return headers.length > 0 && headers.every((header) => header.looksUs) ? 'month-first' : 'day-first';
}

/** The header's time as `YYYY-MM-DDTHH:MM:SS`, or undefined when the calendar has no such day. */
export function toLocalIso(header: Header, order: DateOrder): string | undefined {
  const { month, day } = monthAndDay(header, order);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(header.year, month)) return undefined;
  const date = `${pad(header.year, 4)}-${pad(month)}-${pad(day)}`;
  return `${date}T${pad(header.hour)}:${pad(header.minute)}:${pad(header.secondOfMinute)}`;
}

/** The order in words, for warnings. */
export function describeOrder(order: DateOrder): string {
  return `there is no such date in a file whose dates are ${order.replace('-', ' ')}`;
}

function monthAndDay(header: Header, order: DateOrder): { month: number; day: number } {
  return order === 'day-first'
    ? { month: header.second, day: header.first }
    : { month: header.first, day: header.second };
}

function countBackwards(headers: readonly Header[], order: DateOrder): number {
  let count = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (const header of headers) {
    const { month, day } = monthAndDay(header, order);
    const days = (header.year * 12 + month) * 31 + day;
    const stamp = ((days * 24 + header.hour) * 60 + header.minute) * 60 + header.secondOfMinute;
    if (stamp < previous) count++;
    previous = stamp;
  }
  return count;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}
