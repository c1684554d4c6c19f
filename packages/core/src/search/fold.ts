/**
 * Folding: what people take for the same word becomes the same text. Case (by full case folding: `ß` is `ss`), width and ligatures
 * (NFKC), and, by script, what people leave out when they type: accents in Latin, Greek and Cyrillic, points in Hebrew,
 * vowel signs and hamza in Arabic. What makes another letter stays: `й`, kana with dakuten, the vowel signs of Indic scripts and Thai.
 */

const dropped = 1;
const breaking = 2;
const mark = 3;
/** A character whose marks do not count. */
const plain = 4;
const cyrillic = 5;
/** A character whose marks do count. */
const marked = 6;

const isIgnorable = /\p{DI}/u;
const isMark = /\p{M}/u;
const isCyrillic = /\p{sc=Cyrl}/u;
const isPlain = /[\p{sc=Latn}\p{sc=Grek}\p{sc=Hebr}\p{sc=Arab}\p{sc=Zyyy}]/u;
/** Ignorable characters that extend the one before, other than marks: joiners. */
const isJoiner = /[\u200c\u200d]/;

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (isIgnorable.test(character)) {
    return isMark.test(character) || isJoiner.test(character) ? dropped : breaking;
  }
  if (isMark.test(character)) return mark;
  if (isCyrillic.test(character)) return cyrillic;
  return isPlain.test(character) ? plain : marked;
}

const known = new Uint8Array(0x110000);

function classOf(codePoint: number): number {
  const cached = known[codePoint];
  if (cached) return cached;
  const found = classify(codePoint);
  known[codePoint] = found;
  return found;
}

/** Letters that no decomposition takes apart, and variants of one letter. */
const replacements = new Map<number, string>();
const pairs = [
  'øo łl đd ħh ðd ŧt ØO ŁL ĐD ĦH ÐD ŦT',
  'æae œoe þth ÆAE ŒOE ÞTH',
  // Teh marbuta, alef maksura, alef wasla, Persian yeh and kaf.
  'ةه ىي ٱا یي کك',
  // Chandrabindu, for which many write anusvara.
  'ँं',
];
for (const pair of pairs.flatMap((line) => line.split(' '))) {
  replacements.set(pair.codePointAt(0) as number, pair.slice(1));
}
const tatweel = 0x640;
const devanagariNukta = 0x93c;
for (const nothing of [tatweel, devanagariNukta]) replacements.set(nothing, '');
/** The zeros of Arabic, Persian, the Indic scripts, Thai, Lao, Tibetan, Burmese and Khmer; nine more follow each. */
const zeros = [
  0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0,
];
for (const zero of zeros) {
  for (let value = 0; value < 10; value++) replacements.set(zero + value, String(value));
}

/** Cyrillic letters of their own that are written with a mark: й, ў, ї. */
const ownLetters = new Set(['и\u0306', 'И\u0306', 'у\u0306', 'У\u0306', 'і\u0308', 'І\u0308']);

/** Takes the marks away that do not count; `text` is decomposed. */
function strip(text: string): string {
  let out = '';
  let base = '';
  let baseClass = breaking;
  for (const character of text) {
    const codePoint = character.codePointAt(0) as number;
    if (codePoint < 0x80) {
      out += character;
      baseClass = plain;
      continue;
    }
    const found = classOf(codePoint);
    if (found === dropped) continue;
    if (found === mark) {
      if (baseClass === marked) out += replacements.get(codePoint) ?? character;
      else if (baseClass === cyrillic && ownLetters.has(base + character)) out += character;
      continue;
    }
    const replacement = replacements.get(codePoint);
    base = character;
    // Of the replacements of what has marks that count, digits alone: theirs do not.
    baseClass = replacement ? plain : found;
    if (found !== breaking) out += replacement ?? character;
  }
  return out;
}

/** Whether the text is of the 128 characters that need little care. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** The folded text; of well-formed text of any length. What follows a grapheme does not change how it is folded. */
export function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  const stripped = strip(text.normalize('NFKD')).normalize('NFC');
  // Upper case and back is full case folding, but for capital sharp s and the two forms of sigma.
  return stripped.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}
