/** The media store on each engine. */
import { Collection as CollectionOfDriver, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { MongoConnection, MongoMediaStore, PostgresMediaStore, Sql } from '../src/index.ts';
import { at, dueFrom, file, hour } from './media-contract/kit.ts';
import { mediaStoreContract } from './media-store-contract.ts';
import { testMongoUrl } from './support/mongo.ts';

describe('on PostgreSQL', () => {
  let database: TestDatabase;
  let sql: Sql;
  beforeAll(async () => {
    database = await createTestDatabase();
    sql = new Sql({ url: database.url, poolSize: 10, timeoutMs: 10_000 });
  });
  afterAll(async () => {
    await sql.close();
    await database.drop();
  });
  mediaStoreContract(() => new PostgresMediaStore(sql));

  it.each([
    { type: 'system' as 'image' },
    { status: 'gone' as 'ready' },
    { size_bytes: -1 },
    { width: 0 },
    { height: -1 },
    { duration_ms: -1 },
    { sha256: 'A'.repeat(64) },
  ])('stores no %o', async (wrong) => {
    await expect(new PostgresMediaStore(sql).add(file(wrong), at(hour))).rejects.toThrow(/check/);
  });
});

const { url, why } = await testMongoUrl();

describe.skipIf(why)(`on MongoDB${why}`, () => {
  let client: MongoClient;
  let connection: MongoConnection;
  beforeAll(async () => {
    client = new MongoClient(url);
    // Patient: what is tested here is right answers, on a machine that may be busy.
    connection = new MongoConnection({ url, poolSize: 10, timeoutMs: 20_000 });
    await new MongoMediaStore(connection).ensureIndexes();
  });
  afterAll(async () => {
    await client.db().dropDatabase();
    await client.close();
    await connection.close();
  });
  mediaStoreContract(() => new MongoMediaStore(connection));

  it('gives who claims a file between the look and the write of a release its time too', async () => {
    const [store, media] = [new MongoMediaStore(connection), file()];
    await store.add(media, at(5 * hour));
    const update = CollectionOfDriver.prototype.findOneAndUpdate;
    const write = vi.spyOn(CollectionOfDriver.prototype, 'findOneAndUpdate');
    write.mockImplementationOnce(async function (
      this: CollectionOfDriver,
      ...args: Parameters<typeof update>
    ) {
      await store.claim([media.media_id], at(hour), at(5 * hour));
      return update.apply(this, args);
    } as typeof update);
    await store.release([media.media_id], at(hour), 120);
    expect(write).toHaveBeenCalledTimes(3);
    write.mockRestore();
    expect(await dueFrom(store, media, [hour + 119_999, hour + 120_000])).toBe(hour + 120_000);
  });

  it('makes its indexes once, with the first file where nobody did', async () => {
    const media = client.db().collection('media');
    await media.drop();
    const stores = Array.from({ length: 5 }, () => new MongoMediaStore(connection));
    await Promise.all(stores.map((store) => store.add(file(), at(hour))));
    const indexes = await media.listIndexes().toArray();
    expect(
      indexes.map(({ name, key, unique, partialFilterExpression: only }) => ({ name, key, unique, only })),
    ).toEqual(
      expect.arrayContaining([
        { name: 'media_id', key: { media_id: 1 }, unique: true, only: undefined },
        { name: 'check_at', key: { check_at: 1 }, unique: undefined, only: undefined },
        {
          ...{ name: 'processing', key: { created_at: 1 }, unique: undefined },
          only: { status: 'processing', doomed: false },
        },
      ]),
    );
    expect(connection.collection('media').writeConcern).toMatchObject({ w: 'majority', journal: true });
  });
});
