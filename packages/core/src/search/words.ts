/** Words of folded text. */
import { classOf, digit, mark, separator, unspaced } from './characters.ts';

/** A word, or a run of characters that are written without spaces. */
export interface Piece {
  start: number;
  /** Exclusive. */
  end: number;
  /** Each of its characters may begin a match. */
  unspaced: boolean;
}

/** Words that people also write as one: `e-mail`, `don't`, `0151 123-4567`. */
export interface Chain {
  pieces: Piece[];
  /** A shorter match across its parts would be chance. */
  minLength: number;
}

/** Parts of a chain that are read as one. */
const maxJoined = 8;
/** Length of a number that is worth finding across spaces: a phone number. */
const minPhone = 7;
/** Length of a number that is worth finding across its separators: `1,000`. */
const minNumber = 4;

/** The pieces of folded text, in their order. */
export function piecesOf(folded: string): Piece[] {
  const pieces: Piece[] = [];
  let current: Piece | undefined;
  for (let i = 0; i < folded.length; ) {
    const codePoint = folded.codePointAt(i) as number;
    const next = i + (codePoint > 0xffff ? 2 : 1);
    const found = classOf(codePoint);
    if (found === separator) {
      current = undefined;
    } else if (current && (found === mark || current.unspaced === (found === unspaced))) {
      current.end = next;
    } else if (found !== mark) {
      current = { start: i, end: next, unspaced: found === unspaced };
      pieces.push(current);
    }
    i = next;
  }
  return pieces;
}

/** Where each character with its marks begins, in an unspaced piece. */
export function clustersOf(folded: string, piece: Piece): number[] {
  const starts: number[] = [];
  for (let i = piece.start; i < piece.end; ) {
    const codePoint = folded.codePointAt(i) as number;
    if (classOf(codePoint) !== mark) starts.push(i);
    i += codePoint > 0xffff ? 2 : 1;
  }
  return starts;
}

/** Apostrophes, hyphens, the Catalan dot, Hebrew geresh and gershayim. */
const connectors = new Set("'\u2019\u02bc-\u2010\u00b7\u05f3\u05f4");
/** Within numbers. */
const numberGap = /^(?:[.,/]|[ .\-\u2010/()]{1,3})$/;
const isHebrew = /\p{sc=Hebr}/u;

/** How the gap between two words joins them: the least length of a match across it, or 0 where it does not. */
function joins(folded: string, from: number, to: number): number {
  const length = to - from;
  if (length > 3) return 0;
  const gap = folded.slice(from, to);
  if (classOf(folded.charCodeAt(from - 1)) === digit && classOf(folded.charCodeAt(to)) === digit) {
    if (connectors.has(gap)) return minNumber;
    if (numberGap.test(gap)) return length === 1 && gap !== ' ' ? minNumber : minPhone;
    return 0;
  }
  if (connectors.has(gap)) return 1;
  return gap === '"' && isHebrew.test(folded.charAt(from - 1)) && isHebrew.test(folded.charAt(to)) ? 1 : 0;
}

/** The chains of folded text, in their order. */
export function chainsOf(folded: string, pieces: readonly Piece[]): Chain[] {
  const chains: Chain[] = [];
  let current: Chain | undefined;
  for (let i = 1; i < pieces.length; i++) {
    const [before, piece] = [pieces[i - 1] as Piece, pieces[i] as Piece];
    const minLength = before.unspaced || piece.unspaced ? 0 : joins(folded, before.end, piece.start);
    if (minLength === 0) {
      current = undefined;
    } else if (current) {
      current.pieces.push(piece);
      current.minLength = Math.max(current.minLength, minLength);
    } else {
      current = { pieces: [before, piece], minLength };
      chains.push(current);
    }
  }
  return chains;
}

/** A chain from its part number `from` on, as one word. */
export function joinedFrom(folded: string, chain: Chain, from: number): string {
  let joined = '';
  for (const piece of chain.pieces.slice(from, from + maxJoined))
    joined += folded.slice(piece.start, piece.end);
  return joined;
}

/** The number that a chain of at most that many numbers is, if it is long enough to be one of a phone. */
export function phoneOf(folded: string, chain: Chain): string | undefined {
  if (chain.pieces.length > maxJoined) return undefined;
  const joined = joinedFrom(folded, chain, 0);
  return joined.length >= minPhone && /^[0-9]+$/.test(joined) ? joined : undefined;
}
