/** The message store and its outbox on each engine. */
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import {
  MongoConnection,
  MongoMessageStore,
  MongoOutboxStore,
  PostgresMessageStore,
  PostgresOutboxStore,
  type PublishedIds,
  Sql,
} from '../src/index.ts';
import { messageStoreContract } from './message-store-contract.ts';
import { testMongoUrl } from './support/mongo.ts';

describe('on PostgreSQL', () => {
  const nothingPublished: PublishedIds = { takePublished: () => [], returnPublished: () => undefined };
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  messageStoreContract(() => ({
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

const { url, why } = await testMongoUrl();

describe.skipIf(why)(`on MongoDB${why}`, () => {
  let client: MongoClient;
  beforeAll(() => {
    client = new MongoClient(url);
  });
  // What stands in for MongoDB looks at every message there is, so what a test has stored goes with it.
  afterEach(async () => {
    await client.db().dropDatabase();
  });
  afterAll(() => client.close());
  messageStoreContract(() => ({
    async open() {
      // Patient: what is tested here is right answers, on a machine that may be busy.
      const connection = new MongoConnection({ url, poolSize: 5, timeoutMs: 20_000 });
      const messages = new MongoMessageStore(connection);
      await messages.ensureIndexes();
      return { messages, outbox: new MongoOutboxStore(connection), close: () => connection.close() };
    },
  }));
});
