/** The push ledger on PostgreSQL: the contract suite, and what only PostgreSQL does. */
import { createTestDatabase } from '../../../tests/support/postgres.ts';
import { pushLedgerContract } from '../../../tests/support/push-ledger-contract.ts';
import { start } from '../../../tests/support/push-ledger-kit.ts';
import { PostgresPushLedger } from '../src/push-ledger.ts';
import { Sql } from '../src/sql.ts';

pushLedgerContract('PostgreSQL', async () => {
  const database = await createTestDatabase();
  const pools = [0, 1].map(() => new Sql({ url: database.url, poolSize: 8, timeoutMs: 20_000 }));
  const [one, two] = pools as [Sql, Sql];
  const both = [new PostgresPushLedger(one), new PostgresPushLedger(two)] as const;
  let now = start;
  return {
    both,
    async clear() {
      now = start;
      await one.pool.query(
        'DELETE FROM push_windows; DELETE FROM push_taken_windows; DELETE FROM push_claims; DELETE FROM push_shown; DELETE FROM push_notes',
      );
    },
    async pass(ms) {
      now += ms;
      await both[0].sweep(now);
    },
    async close() {
      for (const pool of pools) await pool.close();
      await database.drop();
    },
  };
});
