/** Which device was pushed which message, on PostgreSQL. */
import { Batcher, isUnavailable, type PushLedger } from '@parley/core';
import type { Sql } from '../sql.ts';
import { timeOf } from './time.ts';

type Pairs = Parameters<PushLedger['claim']>[0];

/** In one order for everybody: who finds a pair that another is claiming waits for it. */
const claimPairs = `
  INSERT INTO push_claims (message_id, device_id, claimed_at)
  SELECT p.message_id, p.device_id, p.at FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS p(message_id, device_id, at)
  ORDER BY 1, 2
  ON CONFLICT DO NOTHING
  RETURNING message_id, device_id`;

const giveBackPairs = `
  DELETE FROM push_claims c USING (
    SELECT c.message_id, c.device_id
    FROM unnest($1::uuid[], $2::uuid[]) AS p(message_id, device_id) JOIN push_claims c USING (message_id, device_id)
    ORDER BY 1, 2 FOR UPDATE OF c
  ) p
  WHERE c.message_id = p.message_id AND c.device_id = p.device_id`;

const keyOf = (messageId: string, deviceId: string) => `${messageId}/${deviceId}`;

const columnsOf = (pairs: Pairs) => [
  pairs.map(({ messageId }) => messageId),
  pairs.map(({ deviceId }) => deviceId),
];

/** Claims that are made at the same time share a statement, and its commit. */
export class Claims {
  readonly #batcher: Batcher<Claim, boolean>;

  constructor(sql: Sql) {
    this.#batcher = new Batcher<Claim, boolean>({
      maxSize: 1_000,
      isolate: (error) => !isUnavailable(error),
      run: (claims) => claim(sql, claims),
    });
  }

  /** In the order of the pairs. Errors: `SERVICE_UNAVAILABLE`. */
  add(pairs: Pairs, now: number): Promise<boolean[]> {
    return this.#batcher.addAll(pairs.map((pair) => ({ ...pair, now })));
  }
}

type Claim = Pairs[number] & { now: number };

async function claim(sql: Sql, claims: readonly Claim[]): Promise<boolean[]> {
  const rows = await sql.rows<{ message_id: string; device_id: string }>('push-claim', claimPairs, [
    ...columnsOf(claims),
    claims.map(({ now }) => timeOf(now)),
  ]);
  const won = new Set(rows.map((row) => keyOf(row.message_id, row.device_id)));
  // Taken out, so that a pair that is asked for twice is won once.
  return claims.map(({ messageId, deviceId }) => won.delete(keyOf(messageId, deviceId)));
}

export async function giveBack(sql: Sql, pairs: Pairs): Promise<void> {
  if (pairs.length > 0) await sql.rows('push-give-back', giveBackPairs, columnsOf(pairs));
}
