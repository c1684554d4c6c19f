/** Who has muted a chat: asked for every message that might be pushed. */
import { Batcher, isUnavailable } from '@parley/core';
import type { Sql } from '../sql.ts';

interface Ask {
  chatId: string;
  userIds: readonly string[];
  now: string;
}

/** Calls in one query. */
const batchSize = 32;

/** Batched: calls at the same time share a query. Nothing is remembered beyond it. */
export class Mutes {
  readonly #batcher: Batcher<Ask, Set<string>>;

  constructor(sql: Sql) {
    this.#batcher = new Batcher({
      maxSize: batchSize,
      isolate: (error) => !isUnavailable(error),
      run: (asks) => findMuted(sql, asks),
    });
  }

  /** Which of these users have muted the chat at `now`. Errors: `SERVICE_UNAVAILABLE`. */
  async by(chatId: string, userIds: readonly string[], now: string): Promise<Set<string>> {
    if (userIds.length === 0) return new Set();
    return this.#batcher.add({ chatId, userIds, now });
  }
}

async function findMuted(sql: Sql, asks: Ask[]): Promise<Set<string>[]> {
  const pairs = asks.flatMap((ask, n) => ask.userIds.map((userId) => ({ ...ask, n, userId })));
  const rows = await sql.rows<{ place: number; mute_until: Date | null }>(
    'muted-by',
    `SELECT a.place, p.mute_until
     FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS a(chat_id, user_id, place)
     CROSS JOIN LATERAL (
       SELECT mute_until FROM chat_participants WHERE chat_id = a.chat_id AND user_id = a.user_id AND is_muted OFFSET 0
     ) p`,
    [pairs.map(({ chatId }) => chatId), pairs.map(({ userId }) => userId)],
  );
  const muted = asks.map(() => new Set<string>());
  for (const { place, mute_until } of rows) {
    const pair = pairs[place - 1];
    if (!pair || (mute_until !== null && mute_until <= new Date(pair.now))) continue;
    muted[pair.n]?.add(pair.userId);
  }
  return muted;
}
