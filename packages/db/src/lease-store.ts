/** Leases on PostgreSQL, by the database's clock: the clocks of the processes do not count. */
import type { LeaseStore } from '@parley/core';
import type { Sql } from './sql.ts';

export class PostgresLeaseStore implements LeaseStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** One statement: of many that ask at once for a lease that ran out, one gets it. */
  async hold(name: string, holder: string, seconds: number): Promise<boolean> {
    const rows = await this.#sql.rows(
      'lease-hold',
      `INSERT INTO leases AS l (name, holder, until)
       VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
       ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
         WHERE l.holder = EXCLUDED.holder OR l.until < clock_timestamp()
       RETURNING 1 AS held`,
      [name, holder, seconds],
    );
    return rows.length === 1;
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#sql.rows('lease-release', 'DELETE FROM leases WHERE name = $1 AND holder = $2', [
      name,
      holder,
    ]);
  }
}
