/** Emoji in texts: each is a word of its own. */
import { isAscii } from './fold.ts';

const element = String.raw`\p{ExtPict}(?:[\ufe0e\ufe0f\p{EMod}]|[\u{e0020}-\u{e007f}])*`;
/** Flags, keycaps, and pictographs with skin tones, tags, and what is joined to them. */
const emoji = new RegExp(String.raw`\p{RI}{2}|[#*0-9]\ufe0f?\u20e3|${element}(?:\u200d${element})*`, 'gu');

/** Calls `onText` and `onEmoji` with the parts of a text, in their order. */
export function splitEmoji(
  text: string,
  onText: (start: number, end: number) => void,
  onEmoji: (start: number, end: number) => void,
): void {
  let last = 0;
  // No emoji is of ASCII alone, and most texts are.
  for (const { index, 0: found } of isAscii(text) ? [] : text.matchAll(emoji)) {
    if (index > last) onText(last, index);
    last = index + found.length;
    onEmoji(index, last);
  }
  if (last < text.length) onText(last, text.length);
}

/** The emoji without what only chooses how it is drawn. */
export function canonicalEmoji(sequence: string): string {
  return sequence.replace(/[\ufe0e\ufe0f]/g, '');
}

/** What an emoji is found by: itself, and itself without skin tones, and without its gender. */
export function emojiForms(sequence: string): string[] {
  const exact = canonicalEmoji(sequence);
  const toneless = exact.replace(/\p{EMod}/gu, '');
  const neutral = toneless.replace(/\u200d[♀♂]/g, '');
  return [...new Set([exact, toneless, neutral])];
}
