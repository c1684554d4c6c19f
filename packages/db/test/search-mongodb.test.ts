/** Search on MongoDB. */
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe } from 'vitest';
import { MongoConnection, MongoMessageStore, MongoOutboxStore } from '../src/index.ts';
import { searchContract } from './search-contract.ts';
import { testMongoUrl } from './support/mongo.ts';

const { url, why } = await testMongoUrl();

describe.skipIf(why)(`search on MongoDB${why}`, () => {
  let client: MongoClient;
  beforeAll(() => {
    client = new MongoClient(url);
  });
  afterAll(async () => {
    await client.db().dropDatabase();
    await client.close();
  });
  searchContract(() => ({
    async open() {
      const connection = new MongoConnection({ url, poolSize: 5, timeoutMs: 20_000 });
      const messages = new MongoMessageStore(connection);
      await messages.ensureIndexes();
      return { messages, outbox: new MongoOutboxStore(connection), close: () => connection.close() };
    },
  }));
});
