/** Fills a page from what stores find: they may find more than what matches, and know nothing of what users hid. */
import type { Highlight } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import type { StoredMessage } from '../ports/stores.ts';
import { highlightsOf } from './highlights.ts';
import type { SearchQuery } from './query.ts';

export interface Match {
  message: StoredMessage;
  highlights: Highlight[];
}

export interface Matches {
  page: Match[];
  /** The last message that was looked at, if there may be more behind it. */
  end: StoredMessage | undefined;
}

/** Messages that one search looks at; a page may be short, even empty, with more behind it. */
const maxCandidates = 1_000;
const maxBatch = 200;

/**
 * Up to `limit` matches that the caller may see. `ask` gets candidates, newest first, from behind the given one on; fewer than asked for mean
 * that there are no more.
 */
export async function collectMatches(
  core: Pick<Core, 'marks' | 'clock'>,
  caller: Pick<Caller, 'userId'>,
  query: SearchQuery,
  limit: number,
  ask: (behind: StoredMessage | undefined, count: number, now: string) => Promise<StoredMessage[]>,
): Promise<Matches> {
  const page: Match[] = [];
  let behind: StoredMessage | undefined;
  // One more than the page has, so that a last page is known as such.
  let count = limit + 1;
  for (let seen = 0; seen < maxCandidates; ) {
    const now = core.clock.now();
    const candidates = await ask(behind, count, new Date(now).toISOString());
    const there = candidates.filter((message) => isThere(message, now));
    const ids = there.map(({ message_id }) => message_id);
    const marks = ids.length > 0 ? await core.marks.of(caller.userId, ids) : undefined;
    for (const message of there) {
      if (marks?.get(message.message_id)?.hidden) continue;
      const highlights = highlightsOf(message.payload, query);
      if (highlights.length === 0) continue;
      if (page.length === limit) return { page, end: page.at(-1)?.message };
      page.push({ message, highlights });
    }
    if (candidates.length < count) return { page, end: undefined };
    behind = candidates.at(-1);
    seen += candidates.length;
    count = Math.min(count * 2, maxBatch);
  }
  return { page, end: behind };
}

/** A store leaves these out; a message can be over since it was asked. */
function isThere(message: StoredMessage, now: number): boolean {
  return !message.is_deleted && (message.expires_at === null || Date.parse(message.expires_at) > now);
}
