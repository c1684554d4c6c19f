/** The outbox on PostgreSQL. */
import type { OutboxRow, OutboxStore } from '@parley/core';
import type { Sql } from './sql.ts';

export class PostgresOutboxStore implements OutboxStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async pending(input: {
    olderThanSeconds: number;
    limit: number;
    claimSeconds: number;
  }): Promise<OutboxRow[]> {
    // SKIP LOCKED: relays that sweep at once take different rows.
    const rows = await this.#sql.rows<{ id: number; subject: string; payload: unknown }>(
      'outbox-claim',
      `UPDATE outbox SET claimed_until = clock_timestamp() + make_interval(secs => $3)
       WHERE id IN (
         SELECT id FROM outbox
         WHERE created_at <= clock_timestamp() - make_interval(secs => $1)
           AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
       )
       RETURNING id, subject, payload`,
      [input.olderThanSeconds, input.limit, input.claimSeconds],
    );
    return rows.sort((a, b) => a.id - b.id).map((row) => ({ ...row, id: String(row.id) }));
  }

  async complete(ids: readonly string[]): Promise<void> {
    await this.#sql.rows('outbox-complete', 'DELETE FROM outbox WHERE id = ANY($1::bigint[])', [ids]);
  }
}
