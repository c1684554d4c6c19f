/** The MongoDB of a test run; it is started when the first test file asks. */
import { randomBytes } from 'node:crypto';
import { type RunningStore, startMongo } from '@parley/stack';

export class TestMongo {
  readonly #prefix = `parley_test_${randomBytes(4).toString('hex')}`;
  #server: Promise<RunningStore> | undefined;
  #count = 0;

  /** The address of a new database. */
  async create(): Promise<string> {
    const given = process.env.TEST_MONGO_URL;
    this.#server ??= given ? undefined : startMongo();
    const url = new URL(given ?? (await this.#server)?.url ?? '');
    url.pathname = `/${this.#prefix}_${++this.#count}`;
    return url.href;
  }

  async close(): Promise<void> {
    const server = await this.#server?.catch(() => undefined);
    await server?.[Symbol.asyncDispose]();
  }
}
