/** The MongoDB of a test run; it is started when the first test file asks. */
import { randomBytes } from 'node:crypto';
import { freshMongoUrl, type RunningStore, startMongo } from '@parley/stack';
import { MongoClient } from 'mongodb';

export class TestMongo {
  readonly #prefix = `parley_test_${randomBytes(4).toString('hex')}`;
  #server: Promise<RunningStore> | undefined;
  #count = 0;

  /** The address of a new database. */
  async create(): Promise<string> {
    const given = process.env.TEST_MONGO_URL;
    this.#server ??= given ? undefined : startMongo();
    return freshMongoUrl(given ?? (await this.#server)?.url ?? '', `${this.#prefix}_${++this.#count}`);
  }

  async close(): Promise<void> {
    if (process.env.TEST_MONGO_URL) await this.#dropAll(process.env.TEST_MONGO_URL);
    const server = await this.#server?.catch(() => undefined);
    await server?.[Symbol.asyncDispose]();
  }

  /** Leaves somebody's own server as it was. */
  async #dropAll(url: string): Promise<void> {
    const client = new MongoClient(url);
    for (let n = 1; n <= this.#count; n++) await client.db(`${this.#prefix}_${n}`).dropDatabase();
    await client.close();
  }
}
