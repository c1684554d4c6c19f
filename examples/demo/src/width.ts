const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

// Blocks that are two columns wide (East Asian Wide and Fullwidth), emoji apart; inclusive pairs.
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18aff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
// Non-spacing marks and invisible format characters; spacing marks (as in Hindi) do take a column. The
// medial vowels and final consonants of Korean join the syllable before them.
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11ff]$/u;
// A grapheme is an emoji if it starts as one by default or is turned into one by U+FE0F (`❤️`, `1️⃣`).
const EMOJI = /^\p{Emoji_Presentation}|^\p{Emoji}\uFE0F/u;

/** Splits a text into what a reader sees as characters. */
export function graphemes(text: string): string[] {
  if (PRINTABLE_ASCII.test(text)) return [...text];
  return Array.from(segmenter.segment(text), (part) => part.segment);
}

/** The number of terminal columns a text without line breaks takes. */
export function displayWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}

/** Shortens a text to a number of columns, with `…` for what is missing. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let result = '';
  let used = 0;
  for (const grapheme of graphemes(text)) {
    used += graphemeWidth(grapheme);
    if (used > columns - 1) break;
    result += grapheme;
  }
  return `${result}…`;
}

/** Fills up with spaces to a number of columns, at the end or (to align right) at the start. */
export function pad(text: string, columns: number, side: 'end' | 'start' = 'end'): string {
  const spaces = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return side === 'end' ? text + spaces : spaces + text;
}

function graphemeWidth(grapheme: string): number {
  // One picture however many code points: a family, a flag, a hand with a skin tone.
  if (EMOJI.test(grapheme)) return 2;
  let width = 0;
  for (const char of grapheme) width += charWidth(char);
  return width;
}

function charWidth(char: string): number {
  if (ZERO_WIDTH.test(char)) return 0;
  const code = char.codePointAt(0) ?? 0;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}
