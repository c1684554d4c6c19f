import { groupChangeAt, isNamedNotice } from './content.ts';

/** The two parts of `author: text`. */
export interface AuthorSplit {
  author: string;
  text: string;
}

// Longer than any contact or group name: beyond it a `: ` belongs to a sentence.
const MAX_AUTHOR = 100;
// How many messages must repeat `Ann: Work: ` before that is taken for a name instead of text.
const MIN_REPEATS = 3;
// A bound on the work for hostile files (`a: a: a: …`); no name has more colons.
const MAX_COLONS = 3;

const EDGE_MARKS =
  /^[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\s]+|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\s]+$/g;

/**
 * Splits the part after each header into author and text; undefined stands for a system line.
 *
 * Usually the first `: ` ends the name. A contact name can contain one itself (`Ann: Work`), which no
 * single line tells: it is taken for part of the name if every line that starts so goes on in one of few
 * ways that each occur at least three times.
 */
export function splitAuthors(rests: readonly string[]): (AuthorSplit | undefined)[] {
  const ends = new Array<number>(rests.length).fill(-1);
  const lines = rests.map((_, index) => index);
  const pending = [...groupByPrefix(rests, lines, 0, 0).groups.values()];
  for (let group = pending.pop(); group !== undefined; group = pending.pop()) {
    const { groups, without } = groupByPrefix(rests, group.lines, group.end + 2, group.colons + 1);
    const isName =
      group.colons < MAX_COLONS &&
      groups.size > 0 &&
      [...groups.values()].every((deeper) => deeper.lines.length >= MIN_REPEATS) &&
      without.every((line) => groups.has(groupChanger(rests[line] ?? '')));
    if (isName) pending.push(...groups.values());
    else for (const line of group.lines) ends[line] = group.end;
  }
  const names = new Map<string, string>();
  return rests.map((rest, index) => {
    const end = ends[index] ?? -1;
    if (end < 0) return undefined;
    const raw = rest.slice(0, end);
    const author = names.get(raw) ?? cleanName(raw);
    names.set(raw, author);
    return author === '' ? undefined : { author, text: rest.slice(end + 2) };
  });
}

interface Group {
  /** Index of the colon that ends the prefix. */
  end: number;
  /** How many colons inside the prefix come before that one. */
  colons: number;
  lines: number[];
}

function groupByPrefix(
  rests: readonly string[],
  lines: readonly number[],
  from: number,
  colons: number,
): { groups: Map<string, Group>; without: number[] } {
  const groups = new Map<string, Group>();
  const without: number[] = [];
  for (const line of lines) {
    const head = (rests[line] ?? '').slice(0, MAX_AUTHOR + 2);
    const end = findColon(head, from);
    const prefix = head.slice(0, end);
    const group = groups.get(prefix);
    if (end > from && group !== undefined) group.lines.push(line);
    else if (end <= from || isNamedNotice(prefix)) without.push(line);
    else groups.set(prefix, { end, colons, lines: [line] });
  }
  return { groups, without };
}

/** The next `: `, or a colon at the very end: a message that starts with an empty line, space cut off. */
function findColon(head: string, from: number): number {
  const found = head.indexOf(': ', from);
  if (found >= 0) return found;
  return head.endsWith(':') && head.length <= MAX_AUTHOR ? head.length - 1 : -1;
}

/** Who did something to the group in a system line: `Ann: Work` of `Ann: Work added Carol`. */
function groupChanger(rest: string): string {
  return rest.slice(0, Math.max(groupChangeAt(rest), 0));
}

function cleanName(raw: string): string {
  // No-break spaces are how phones glue telephone numbers; `~ ` precedes names that are not in the contacts.
  return raw
    .replace(EDGE_MARKS, '')
    .replace(/[\u00A0\u202F]/g, ' ')
    .replace(/^~ ?/, '');
}
