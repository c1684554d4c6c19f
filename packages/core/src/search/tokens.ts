/** What a message is found by. The same for every message store: tokens go in with a message, terms look for them. */
import type { MessagePayload, MessageType } from '@parley/contract';
import { emojiForms, splitEmoji } from './emoji.ts';
import { fieldsOf } from './fields.ts';
import { fold } from './fold.ts';
import { chainsOf, clustersOf, joinedFrom, type Piece, piecesOf } from './words.ts';

/** Code points of a token; longer words are cut, in texts and in queries alike. */
export const maxTokenLength = 40;
/** Different tokens of one message. */
export const maxTokens = 500;

/** A token of at most `maxTokenLength` code points. */
export function cutToken(word: string): string {
  if (word.length <= maxTokenLength) return word;
  let end = 0;
  for (let count = 0; count < maxTokenLength && end < word.length; count++) {
    end += (word.codePointAt(end) as number) > 0xffff ? 2 : 1;
  }
  return word.slice(0, end);
}

/**
 * Pairs of neighbouring characters, and the last one: whatever part is looked for begins one of them, and its pairs are all there.
 */
function addUnspaced(folded: string, piece: Piece, tokens: Set<string>): void {
  const starts = clustersOf(folded, piece);
  for (let i = 0; i < starts.length && tokens.size < maxTokens; i++) {
    tokens.add(cutToken(folded.slice(starts[i], starts[i + 2] ?? piece.end)));
  }
}

function addWords(text: string, tokens: Set<string>): void {
  const folded = fold(text);
  const pieces = piecesOf(folded);
  for (const piece of pieces) {
    if (tokens.size >= maxTokens) return;
    if (piece.unspaced) addUnspaced(folded, piece, tokens);
    else tokens.add(cutToken(folded.slice(piece.start, piece.end)));
  }
  for (const chain of chainsOf(folded, pieces)) {
    for (let i = 0; i + 1 < chain.pieces.length && tokens.size < maxTokens; i++) {
      const joined = joinedFrom(folded, chain, i);
      if (joined.length >= chain.minLength) tokens.add(cutToken(joined));
    }
  }
}

/**
 * The tokens of a message: of its text, caption, file name, place and address; none of `system` messages. No token comes twice, they are
 * at most 500, of at most 40 code points each, and the same message always gives the same. Takes microseconds for a short text.
 */
export function searchTokens(type: MessageType, payload: MessagePayload): string[] {
  if (type === 'system') return [];
  const tokens = new Set<string>();
  for (const [, text] of fieldsOf(payload)) {
    splitEmoji(
      text,
      (start, end) => addWords(text.slice(start, end), tokens),
      (start, end) => {
        for (const form of emojiForms(text.slice(start, end))) tokens.add(cutToken(form));
      },
    );
  }
  return tokens.size <= maxTokens ? [...tokens] : [...tokens].slice(0, maxTokens);
}
