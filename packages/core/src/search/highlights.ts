/** Where a query matches, exactly: stores find by tokens, which can be in a message without what was looked for. */
import type { Highlight, MessagePayload } from '@parley/contract';
import { emojiForms, splitEmoji } from './emoji.ts';
import { fieldsOf } from './fields.ts';
import { fold, isAscii } from './fold.ts';
import type { SearchQuery } from './query.ts';
import { type Chain, chainsOf, clustersOf, joinedFrom, piecesOf } from './words.ts';

/** Ranges of one message: enough for anybody to see. */
const maxHighlights = 200;

interface Range {
  start: number;
  end: number;
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** For each offset in the folded text the grapheme that it was made of; the whole source where they cannot be told apart. */
function graphemesOf(source: string, folded: string): Range[] {
  const ranges: Range[] = [];
  let text = '';
  for (const { segment, index } of graphemes.segment(source)) {
    const part = fold(segment);
    const range = { start: index, end: index + segment.length };
    for (let i = 0; i < part.length; i++) ranges.push(range);
    text += part;
  }
  // Soft hyphens between the letters of one Korean syllable, and the like.
  return text === folded ? ranges : [];
}

/** The graphemes that a range touches. */
function onGraphemes(text: string, start: number, end: number): Range {
  const segments = graphemes.segment(text);
  const last = segments.containing(end - 1);
  return {
    start: segments.containing(start)?.index ?? start,
    end: last ? last.index + last.segment.length : end,
  };
}

/** Folded text that knows where it comes from. */
class FoldedText {
  readonly text: string;
  readonly #source: string;
  readonly #offset: number;
  /** Its offsets are those of the source. */
  readonly #isPlain: boolean;
  readonly #starts: Set<number>;
  /** With each chain, what its parts begin when read as one. */
  readonly #chains: (Chain & { joined: string[] })[];
  /** By offset in the folded text, the grapheme of the source; made when something was found. */
  #graphemes: Range[] | undefined;

  constructor(source: string, offset: number) {
    this.#source = source;
    this.#offset = offset;
    this.#isPlain = isAscii(source);
    this.text = fold(source);
    const pieces = piecesOf(this.text);
    this.#starts = new Set(
      pieces.flatMap((piece) => (piece.unspaced ? clustersOf(this.text, piece) : [piece.start])),
    );
    this.#chains = chainsOf(this.text, pieces).map((chain) => ({
      ...chain,
      joined: chain.pieces.map((_, index) => joinedFrom(this.text, chain, index)),
    }));
  }

  /** The range of the source for one of the folded text. */
  #sourceOf(start: number, end: number): Range {
    if (this.#isPlain) return { start: this.#offset + start, end: this.#offset + end };
    this.#graphemes ??= graphemesOf(this.#source, this.text);
    const from = this.#graphemes[start]?.start ?? 0;
    const to = this.#graphemes[end - 1]?.end ?? this.#source.length;
    return { start: this.#offset + from, end: this.#offset + to };
  }

  /** Every place where the needle begins a word or, without spaces, stands. */
  find(needle: string): Range[] {
    const found: Range[] = [];
    for (let at = this.text.indexOf(needle); at >= 0; at = this.text.indexOf(needle, at + 1)) {
      if (this.#starts.has(at)) found.push(this.#sourceOf(at, at + needle.length));
    }
    for (const chain of this.#chains) {
      if (needle.length < chain.minLength) continue;
      for (const [index, joined] of chain.joined.entries()) {
        if (!joined.startsWith(needle)) continue;
        const end = endInChain(chain, index, needle.length);
        if (end !== undefined) found.push(this.#sourceOf(chain.pieces[index]?.start ?? 0, end));
      }
    }
    return found;
  }
}

/** Where a match of `length` ends that begins with part `from` of a chain, if it goes beyond that part. */
function endInChain(chain: Chain, from: number, length: number): number | undefined {
  let rest = length;
  for (const [index, { start, end }] of chain.pieces.slice(from).entries()) {
    if (rest <= end - start) return index === 0 ? undefined : start + rest;
    rest -= end - start;
  }
  return undefined;
}

/** One text of a message, taken apart once for all needles. */
class Field {
  readonly #text: string;
  readonly #texts: FoldedText[] = [];
  readonly #emoji: (Range & { forms: string[] })[] = [];

  constructor(text: string) {
    this.#text = text;
    splitEmoji(
      text,
      (start, end) => this.#texts.push(new FoldedText(text.slice(start, end), start)),
      (start, end) => this.#emoji.push({ start, end, forms: emojiForms(text.slice(start, end)) }),
    );
  }

  find(needle: { text: string; emoji: boolean }): Range[] {
    const found = needle.emoji
      ? this.#emoji.filter(({ forms }) => forms.includes(needle.text))
      : this.#texts.flatMap((part) => part.find(needle.text));
    // An emoji and a mark behind it are one grapheme.
    return this.#emoji.length === 0
      ? found
      : found.map(({ start, end }) => onGraphemes(this.#text, start, end));
  }
}

/** Ranges in their order; those that overlap are one. */
function merged(ranges: Range[]): Range[] {
  const result: Range[] = [];
  for (const { start, end } of ranges.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = result.at(-1);
    if (last && start < last.end) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

/**
 * Where a message matches, in UTF-16 code units of the payload as it is stored, on the borders of graphemes: sorted by field and place,
 * without overlaps, at most 200. Empty where one of the query's words is nowhere in it: then the message does not match.
 */
export function highlightsOf(payload: MessagePayload, query: Pick<SearchQuery, 'needles'>): Highlight[] {
  const fields = fieldsOf(payload).map(([field, text]) => ({
    field,
    text: new Field(text),
    ranges: [] as Range[],
  }));
  for (const needle of query.needles) {
    let matches = false;
    for (const { text, ranges } of fields) {
      const found = text.find(needle);
      ranges.push(...found);
      matches ||= found.length > 0;
    }
    if (!matches) return [];
  }
  return fields
    .flatMap(({ field, ranges }) => merged(ranges).map((range) => ({ field, ...range })))
    .slice(0, maxHighlights);
}
