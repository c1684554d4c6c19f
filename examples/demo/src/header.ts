/** The numbers of a header as written; which of `first` and `second` is the day is decided per file. */
export interface Header {
  /** Identifies the date style: all headers of one export share it, pasted text rarely does. */
  style: string;
  bracketed: boolean;
  yearFirst: boolean;
  /** M/D/YY with capital AM/PM and no leading zeros, as phones set to US English write it. */
  looksUs: boolean;
  year: number;
  first: number;
  second: number;
  hour: number;
  minute: number;
  secondOfMinute: number;
  rest: string;
}

// Direction marks that phones put around numbers and names. Bounded, so that a line made of nothing but
// marks cannot make the pattern backtrack.
const MARKS = '[\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069]{0,4}';
const SPACE = '[ \\u00A0\\u202F]';
const DATE = `(\\d{1,4})${MARKS}([./-])${MARKS}(\\d{1,2})${MARKS}\\2${MARKS}(\\d{1,4})`;
const MERIDIEM = `(?:${SPACE}?${MARKS}([AaPp]\\.?${SPACE}?[Mm]\\.?))?`;
const TIME = `(\\d{1,2})[:.](\\d{2})(?:[:.](\\d{2}))?${MERIDIEM}`;
const STAMP = `${DATE}${MARKS}[,\\u060C]?${SPACE}${MARKS}${TIME}${MARKS}`;
// An editor may have cut the space at the end of a header without text, hence `$`.
const DASHED = new RegExp(`^${MARKS}${STAMP}${SPACE}-(?:${SPACE}|$)`);
const BRACKETED = new RegExp(`^${MARKS}\\[${STAMP}\\](?:${SPACE}|$)`);

/**
 * Reads the date and time at the start of a line, or returns undefined for a line without them.
 *
 * @param line one line without its line break
 */
export function matchHeader(line: string): Header | undefined {
  const dashed = DASHED.exec(line);
  const match = dashed ?? BRACKETED.exec(line);
  if (match === null) return undefined;
  const [whole, a = '', separator = '', b = '', c = '', hour = '', minute = '', second, half] = match;
  const yearFirst = a.length === 4;
  const yearText = yearFirst ? a : c;
  const [first, secondPart] = yearFirst ? [b, c] : [a, b];
  if (first.length > 2 || secondPart.length > 2) return undefined;
  if (yearText.length !== 2 && yearText.length !== 4) return undefined;
  const hour24 = toHour24(Number(hour), half);
  if (hour24 === undefined || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined;
  const bracketed = dashed === null;
  const form = bracketed ? `[${separator}]` : separator;
  return {
    style: `${form} ${yearFirst}${yearText.length} ${half !== undefined} ${second !== undefined}`,
    bracketed,
    yearFirst,
    looksUs:
      half !== undefined && half === half.toUpperCase() && /^[1-9]\d?\/[1-9]/.test(`${a}${separator}${b}`),
    year: Number(yearText) + (yearText.length === 2 ? 2000 : 0),
    first: Number(first),
    second: Number(secondPart),
    hour: hour24,
    minute: Number(minute),
    secondOfMinute: Number(second ?? 0),
    rest: line.slice(whole.length),
  };
}

/** The style most headers share (the earliest of equals), or undefined without any header. */
export function commonStyle(headers: readonly (Header | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const header of headers) {
    if (header !== undefined) counts.set(header.style, (counts.get(header.style) ?? 0) + 1);
  }
  let best: string | undefined;
  for (const [style, count] of counts) {
    if (best === undefined || count > (counts.get(best) ?? 0)) best = style;
  }
  return best;
}

function toHour24(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour > 23 ? undefined : hour;
  if (hour > 12) return undefined;
  return (hour % 12) + (/^p/i.test(half) ? 12 : 0);
}
