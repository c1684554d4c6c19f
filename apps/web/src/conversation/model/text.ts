/** Texts of messages: how long they are, and whether they are emoji alone. */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const emoji = /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation}|\p{Extended_Pictographic}\u{FE0F}?)$/v;

/** Unicode code points, as the server counts. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** How many emoji the text is made of, if it is nothing but 1 to 6 of them; 0 otherwise. */
export function emojiOnly(text: string): number {
  const trimmed = text.trim();
  // The longest emoji (families, flags of regions) have some 14 code units.
  if (trimmed === '' || trimmed.length > 6 * 16) return 0;
  let count = 0;
  for (const { segment } of graphemes.segment(trimmed)) {
    if (/^\s+$/.test(segment)) continue;
    if (!emoji.test(segment) || ++count > 6) return 0;
  }
  return count;
}

/** One line of at most `max` code points. */
export function oneLine(text: string, max = 120): string {
  const points = [...text.replace(/\s+/g, ' ').trim()];
  return points.length > max ? `${points.slice(0, max - 1).join('')}…` : points.join('');
}
