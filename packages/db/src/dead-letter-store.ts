/** Dead letters on PostgreSQL: kept until an operator hands them back. */
import type { DeadLetter, DeadLetterStore } from '@parley/core';
import type { Sql } from './sql.ts';

interface Row {
  id: number;
  consumer: string;
  event: unknown;
  error: string;
  deliveries: number;
  created_at: Date;
}

const columns = 'id, consumer, event, error, deliveries, created_at';
/** Characters of an error that are kept. */
const errorKept = 4_000;

export class PostgresDeadLetterStore implements DeadLetterStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async put(letter: { consumer: string; event: unknown; error: string; deliveries: number }): Promise<void> {
    await this.#sql.rows(
      'dead-letter',
      'INSERT INTO dead_letters (consumer, event, error, deliveries) VALUES ($1, $2, $3, $4)',
      [
        letter.consumer,
        JSON.stringify(letter.event, storable),
        storable('', letter.error.slice(0, errorKept)),
        letter.deliveries,
      ],
    );
  }

  async count(): Promise<number> {
    const rows = await this.#sql.rows<{ count: number }>(
      'dead-letters',
      'SELECT count(*) AS count FROM dead_letters',
      [],
    );
    return rows[0]?.count ?? 0;
  }

  async list(input: { limit: number; before: string | null }): Promise<DeadLetter[]> {
    if (input.before !== null && !isId(input.before)) return [];
    const rows = await this.#sql.rows<Row>(
      'dead-letter-list',
      `SELECT ${columns} FROM dead_letters WHERE id < $1 ORDER BY id DESC LIMIT $2`,
      [input.before ?? String(largestId), input.limit],
    );
    return rows.map(toLetter);
  }

  async find(id: string): Promise<DeadLetter | undefined> {
    if (!isId(id)) return undefined;
    const rows = await this.#sql.rows<Row>(
      'dead-letter-find',
      `SELECT ${columns} FROM dead_letters WHERE id = $1`,
      [id],
    );
    return rows[0] && toLetter(rows[0]);
  }

  async replay(ids: readonly string[]): Promise<string[]> {
    const rows = await this.#sql.rows<{ id: number }>(
      'dead-letter-replay',
      // The oldest first, as they came.
      `WITH taken AS (
         DELETE FROM dead_letters WHERE id = ANY($1::bigint[]) RETURNING id, consumer, event
       ), told AS (
         INSERT INTO outbox (subject, payload)
         SELECT 'dlq.replay', jsonb_build_object('consumer', consumer, 'event', event) FROM taken ORDER BY id
       )
       SELECT id FROM taken ORDER BY id`,
      [ids.filter(isId)],
    );
    return rows.map((row) => String(row.id));
  }
}

const largestId = 2n ** 63n - 1n;

function isId(text: string): boolean {
  return /^\d{1,19}$/.test(text) && BigInt(text) < largestId;
}

/** PostgreSQL takes neither NUL nor half a surrogate pair, and what became a dead letter may hold anything. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value;
}

function toLetter({ id, created_at, ...rest }: Row): DeadLetter {
  return { ...rest, id: String(id), created_at: created_at.toISOString() };
}
