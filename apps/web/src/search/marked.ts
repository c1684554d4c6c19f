/** What was found, with what it was found by marked. */
import type { FoundMessage, Message } from '@parley/sdk';

/** A piece of a text. */
export interface Piece {
  readonly text: string;
  readonly marked: boolean;
}

type Highlight = FoundMessage['highlights'][number];

/** Code units that are kept before the first mark, and at most. */
const before = 40;
const longest = 240;

/** The field in which most was found, from shortly before the first mark; null where none is. */
export function excerpt({
  payload,
  highlights,
}: Pick<FoundMessage, 'payload' | 'highlights'>): readonly Piece[] | null {
  const field = highlights[0]?.field;
  if (!field) return null;
  // Which fields it has depends on the type.
  const text = (payload as Readonly<Record<string, unknown>>)[field];
  if (typeof text !== 'string') return null;
  const marks = highlights
    .filter((highlight) => highlight.field === field)
    .toSorted((a, b) => a.start - b.start);
  const start = beginning(text, marks[0]?.start ?? 0);
  const end = Math.min(text.length, start + longest);
  const pieces = cut(text, marks, start, end);
  return [
    ...(start > 0 ? [{ text: '…', marked: false }] : []),
    ...pieces,
    ...(end < text.length ? [{ text: '…', marked: false }] : []),
  ];
}

/** Where a word begins, near the first mark: no character is torn apart there. */
function beginning(text: string, mark: number): number {
  if (mark <= before) return 0;
  const space = text.slice(mark - before, mark).search(/\s/);
  return space < 0 ? mark : mark - before + space + 1;
}

function cut(text: string, marks: readonly Highlight[], from: number, to: number): Piece[] {
  const pieces: Piece[] = [];
  let at = from;
  for (const mark of marks) {
    const [start, end] = [Math.max(at, mark.start), Math.min(to, mark.end)];
    if (end <= start) continue;
    if (start > at) pieces.push({ text: text.slice(at, start), marked: false });
    pieces.push({ text: text.slice(start, end), marked: true });
    at = end;
  }
  if (at < to) pieces.push({ text: text.slice(at, to), marked: false });
  return pieces;
}

/** A message in words: what was written, else the name of its file or place; empty where there is none. */
export function writtenIn({ payload }: Pick<Message, 'payload'>): string {
  const given = payload as Readonly<Record<string, unknown>>;
  const found = ['body', 'caption', 'filename', 'name', 'address'].map((field) => given[field]);
  return found.find((text): text is string => typeof text === 'string' && text !== '') ?? '';
}
