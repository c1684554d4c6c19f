/** What each character of folded text is to search. */

/** Separates words: spaces, punctuation, symbols. */
export const separator = 1;
/** Part of a word. */
export const letter = 2;
/** Part of a word, too: `0` to `9`, which is what `fold` makes of all decimal digits. */
export const digit = 3;
/** Of a script that is written without spaces. */
export const unspaced = 4;
/** Belongs to what stands before it. */
export const mark = 5;

const isMark = /\p{M}/u;
const isWord = /[\p{L}\p{N}]/u;
const isUnspaced = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\u30fc]/u;
/** Apostrophes that Unicode counts as letters; people type `'` for them. */
const isApostrophe = /[\u02bb\u02bc\ua78b\ua78c]/;

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (codePoint >= 0x30 && codePoint <= 0x39) return digit;
  if (isMark.test(character)) return mark;
  if (!isWord.test(character) || isApostrophe.test(character)) return separator;
  return isUnspaced.test(character) ? unspaced : letter;
}

/** By code point, filled as they are met; all scripts lie below its end. */
const known = new Uint8Array(0x40000);

/** The class of a code point. */
export function classOf(codePoint: number): number {
  const cached = known[codePoint];
  if (cached) return cached;
  if (cached === undefined) return separator;
  const found = classify(codePoint);
  known[codePoint] = found;
  return found;
}
