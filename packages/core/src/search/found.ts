/** Search results as they go out. */
import type { FoundMessage, Message } from '@parley/contract';
import type { Match } from './collect.ts';

/** The messages with where they match, less those whose time ran out meanwhile; `shown` has the order of `matches`. */
export function withHighlights(shown: readonly Message[], matches: readonly Match[]): FoundMessage[] {
  const found: FoundMessage[] = [];
  for (const [index, message] of shown.entries()) {
    const highlights = matches[index]?.highlights;
    if (highlights && !message.is_deleted) found.push({ ...message, highlights });
  }
  return found;
}
