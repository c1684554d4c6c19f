/** What people write, as far as search cares: words as frequent as words are, the same ones in every run. */

/** Words to choose from. */
const VOCABULARY = 20_000;
/** Unspaced characters to choose from. */
const CHARACTERS = 2000;
const FIRST_CHARACTER = 0x4e00;
/** Of all messages, those in a script without spaces, and those of them that hold `unspaced`. */
const UNSPACED_SHARE = 0.1;
const MARKED_SHARE = 0.5;
/** Of all messages, those with each of the two words that never meet. */
const APART_SHARE = 0.01;

/** Words that are looked for. The vocabulary has no x, q or y, so these are nowhere else. */
export const marks = {
  /** In three messages of the big chat, and in one of the many small ones. */
  rare: 'xylophone',
  /** Each in one message of a hundred, never in the same. */
  apart: ['quixotry', 'xyster'],
  absent: 'yxqyx',
  unspaced: '湖畔',
} as const;

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Draws ranks 0 … size-1, the n-th 1/n times as often as the first (Zipf). */
function zipf(size: number, random: () => number): () => number {
  const upTo = new Float64Array(size);
  let sum = 0;
  for (let rank = 0; rank < size; rank += 1) {
    sum += 1 / (rank + 1);
    upTo[rank] = sum;
  }
  return () => {
    const drawn = random() * sum;
    let [low, high] = [0, size - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Made-up words by rank: frequent ones are short, as they are in languages. */
export function makeVocabulary(seed = 1): string[] {
  const random = seededRandom(seed);
  const pick = (of: string): string => of[Math.floor(random() * of.length)] ?? '';
  const syllable = (): string =>
    pick('bcdfghjklmnprstvwz') + pick('aeiou') + (random() < 0.4 ? pick('lmnrst') : '');
  const words = new Set<string>();
  while (words.size < VOCABULARY) {
    const syllables = words.size < 100 ? 1 : words.size < 2000 ? 2 : 3;
    let word = '';
    for (let index = 0; index < syllables; index += 1) word += syllable();
    words.add(word);
  }
  return [...words];
}

/** Writes one message after the other; two writers with the same seed write the same. */
export class TextWriter {
  readonly words: readonly string[];
  readonly #random: () => number;
  readonly #rank: () => number;
  readonly #character: () => number;

  constructor(words: readonly string[], seed = 2) {
    this.words = words;
    this.#random = seededRandom(seed);
    this.#rank = zipf(words.length, this.#random);
    this.#character = zipf(CHARACTERS, this.#random);
  }

  /** The next message: 2 to some 30 words, 9 on average, or 4 to 30 unspaced characters. */
  next(): string {
    const random = this.#random;
    if (random() < UNSPACED_SHARE) return this.#unspaced();
    const length = 2 + Math.floor(-7 * Math.log(1 - random() * 0.98));
    let text = this.words[this.#rank()] ?? '';
    for (let index = 1; index < length; index += 1) text += ` ${this.words[this.#rank()]}`;
    const drawn = random();
    if (drawn < APART_SHARE) return `${text} ${marks.apart[0]}`;
    return drawn < 2 * APART_SHARE ? `${text} ${marks.apart[1]}` : text;
  }

  #unspaced(): string {
    const length = 4 + Math.floor(this.#random() * 27);
    let text = '';
    for (let index = 0; index < length; index += 1)
      text += String.fromCodePoint(FIRST_CHARACTER + this.#character());
    return this.#random() < MARKED_SHARE ? `${text}${marks.unspaced}。` : text;
  }
}
