/** One way in which a phone writes the header of a message. */
export interface WriterStyle {
  name: string;
  write: (at: Date) => string;
}

export interface WrittenEntry {
  at: string;
  author?: string;
  text: string;
}

const two = (value: number): string => String(value).padStart(2, '0');

function parts(at: Date) {
  const hour = at.getUTCHours();
  return {
    d: at.getUTCDate(),
    m: at.getUTCMonth() + 1,
    yyyy: at.getUTCFullYear(),
    yy: two(at.getUTCFullYear() % 100),
    hour,
    hour12: hour % 12 || 12,
    half: hour < 12 ? 'AM' : 'PM',
    min: two(at.getUTCMinutes()),
    sec: two(at.getUTCSeconds()),
  };
}

function style(name: string, form: (p: ReturnType<typeof parts>) => string): WriterStyle {
  return { name, write: (at) => form(parts(at)) };
}

/** The styles that the round-trip test writes; those without seconds end in `- `. */
export const STYLES: WriterStyle[] = [
  style('Android US', (p) => `${p.m}/${p.d}/${p.yy}, ${p.hour12}:${p.min}\u202F${p.half} - `),
  style('Android UK', (p) => `${two(p.d)}/${two(p.m)}/${p.yyyy}, ${two(p.hour)}:${p.min} - `),
  style('Android German', (p) => `${two(p.d)}.${two(p.m)}.${p.yy}, ${two(p.hour)}:${p.min} - `),
  style('Android India', (p) => `${p.d}/${p.m}/${p.yy}, ${p.hour12}:${p.min} ${p.half.toLowerCase()} - `),
  style('Android Sweden', (p) => `${p.yyyy}-${two(p.m)}-${two(p.d)} ${two(p.hour)}:${p.min} - `),
  style('iOS US', (p) => `[${p.m}/${p.d}/${p.yy}, ${p.hour12}:${p.min}:${p.sec}\u202F${p.half}] `),
  style('iOS UK', (p) => `[${two(p.d)}/${two(p.m)}/${p.yyyy}, ${two(p.hour)}:${p.min}:${p.sec}] `),
  style('iOS marked', (p) => `\u200E[${two(p.d)}.${two(p.m)}.${p.yy}, ${two(p.hour)}:${p.min}:${p.sec}] `),
];

/** Writes a chat as the phone would. Times are read as UTC only to take them apart again. */
export function writeExport(entries: WrittenEntry[], by: WriterStyle, lineBreak = '\n'): string {
  const lines = entries.map(({ at, author, text }) => {
    const body = author === undefined ? text : `${author}: ${text}`;
    return (by.write(new Date(`${at}Z`)) + body).replaceAll('\n', lineBreak);
  });
  return lines.join(lineBreak) + lineBreak;
}
