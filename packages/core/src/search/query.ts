/** What somebody looks for. */
import type { SearchTerm } from '../ports/stores.ts';
import { canonicalEmoji, splitEmoji } from './emoji.ts';
import { fold } from './fold.ts';
import { cutToken } from './tokens.ts';
import { type Chain, chainsOf, clustersOf, type Piece, phoneOf, piecesOf } from './words.ts';

/** Something that must be in a message: folded text that stands there as it is, or an emoji. */
export interface Needle {
  text: string;
  emoji: boolean;
}

export interface SearchQuery {
  /** What a store looks for; it may find more than what matches. */
  terms: SearchTerm[];
  /** What `highlightsOf` looks for. */
  needles: Needle[];
}

/** Terms that a store is given: what is beyond them, `highlightsOf` checks alone. */
const maxTerms = 32;

/** The terms that every text with this needle has, wherever it stands in it. */
function termsOf(needle: string): SearchTerm[] {
  const pieces = piecesOf(needle);
  return pieces.flatMap((piece, index) => {
    const last = index === pieces.length - 1;
    const word = needle.slice(piece.start, piece.end);
    if (!piece.unspaced) return [{ token: cutToken(word), prefix: last }];
    const starts = clustersOf(needle, piece);
    const whole = starts.length === 1 ? starts : starts.slice(0, -1);
    const terms = whole.map((start, i) => ({
      token: cutToken(needle.slice(start, starts[i + 2] ?? piece.end)),
      prefix: last && i === whole.length - 1,
    }));
    // Another script follows, so the run ends here in the text, too.
    if (!last && starts.length > 1)
      terms.push({ token: cutToken(word.slice((starts.at(-1) ?? 0) - piece.start)), prefix: false });
    return terms;
  });
}

/** Whether people mean one number by it: a phone number with its country, or one without spaces. */
function isPhone(folded: string, chain: Chain): boolean {
  const [first, last] = [chain.pieces[0] as Piece, chain.pieces.at(-1) as Piece];
  return folded[first.start - 1] === '+' || !folded.slice(first.start, last.end).includes(' ');
}

/** The words of a part of a query, as they have to stand in a text. */
function wordsOf(text: string): string[] {
  const folded = fold(text);
  const pieces = piecesOf(folded);
  const phones = new Map<number, { end: number; number: string }>();
  for (const chain of chainsOf(folded, pieces)) {
    const number = phoneOf(folded, chain);
    const [first, last] = [chain.pieces[0] as Piece, chain.pieces.at(-1) as Piece];
    const alone = pieces.every((piece) => piece.end !== first.start && piece.start !== last.end);
    if (number && alone && isPhone(folded, chain)) phones.set(first.start, { end: last.end, number });
  }
  const words: string[] = [];
  for (let i = 0; i < pieces.length; ) {
    const { start, end } = pieces[i] as Piece;
    const phone = phones.get(start);
    let upTo = phone?.end ?? end;
    // Scripts that follow each other without a gap are one word.
    for (i++; i < pieces.length && (pieces[i] as Piece).start <= upTo; i++) {
      upTo = Math.max(upTo, (pieces[i] as Piece).end);
    }
    words.push(phone?.number ?? folded.slice(start, upTo));
  }
  return words;
}

/**
 * Reads a query. Every word of it must be in a message, at the beginning of a word; in scripts that are written without spaces, and
 * of emoji, anywhere. A query of punctuation alone has no terms, and nothing matches it.
 */
export function parseQuery(q: string): SearchQuery {
  const needles = new Map<string, Needle>();
  const add = (text: string, emoji: boolean) => needles.set(text, { text, emoji });
  splitEmoji(
    q,
    (start, end) => {
      for (const word of wordsOf(q.slice(start, end))) add(word, false);
    },
    (start, end) => add(canonicalEmoji(q.slice(start, end)), true),
  );
  const terms = new Map<string, SearchTerm>();
  for (const { text, emoji } of needles.values()) {
    const own = emoji ? [{ token: cutToken(text), prefix: false }] : termsOf(text);
    for (const term of own) terms.set(`${term.prefix} ${term.token}`, term);
  }
  return { terms: [...terms.values()].slice(0, maxTerms), needles: [...needles.values()] };
}
