/** Search on PostgreSQL. */
import { afterAll, beforeAll, describe } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { PostgresMessageStore, PostgresOutboxStore, type PublishedIds, Sql } from '../src/index.ts';
import { searchContract } from './search-contract.ts';

describe('search on PostgreSQL', () => {
  const nothingPublished: PublishedIds = { takePublished: () => [], returnPublished: () => undefined };
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  searchContract(() => ({
    async open() {
      const own = new Sql({ url: database.url, poolSize: 5, timeoutMs: 10_000 });
      return {
        messages: new PostgresMessageStore(own, nothingPublished),
        outbox: new PostgresOutboxStore(own),
        close: () => own.close(),
      };
    },
  }));
});
