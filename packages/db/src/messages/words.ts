/** Search tokens and terms in PostgreSQL's forms. */
import type { SearchTerm } from '@parley/core';

/** Before and after each token of a message; no token has it. */
const separator = '\u001f';
/** Characters of a word in the index of blocks (see `parley_block_words`). */
const indexedLength = 16;
/** Where the key of a chat's bucket goes in a query. */
export const keyMark = '\u0001';

/** The column `words` of a message. */
export function wordsOf(tokens: readonly string[]): string {
  return tokens.length === 0 ? '' : separator + tokens.join(separator) + separator;
}

/** Patterns for `words LIKE ALL`: what has all terms, exactly. */
export function patternsOf(terms: readonly SearchTerm[]): string[] {
  return terms.map(({ token, prefix }) => {
    const literal = token.replaceAll(/[\\%_]/g, '\\$&');
    return `%${separator}${literal}${prefix ? '' : separator}%`;
  });
}

/** The text of a tsquery for blocks that may hold messages with all terms, with `keyMark` before each word. */
export function blockQueryOf(terms: readonly SearchTerm[]): string {
  return terms
    .map(({ token, prefix }) => {
      const characters = [...token];
      const word = characters.slice(0, indexedLength).join('').replaceAll(/[\\']/g, '$&$&');
      return `'${keyMark}${word}'${prefix && characters.length < indexedLength ? ':*' : ''}`;
    })
    .join(' & ');
}
