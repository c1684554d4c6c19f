/** A database for a test file, on the one PostgreSQL of the test run. */
import { inject } from 'vitest';

/** Goes with the test run at the latest. */
export interface TestDatabase extends AsyncDisposable {
  url: string;
  /** Removes it, cutting connections to it. */
  drop(): Promise<void>;
}

/**
 * Makes a database with all migrations applied, in some 50 ms; the first of a run takes the time to start PostgreSQL. It
 * is on the server at TEST_DATABASE_URL where that is set (the role needs CREATEDB).
 *
 * @param options.empty without tables
 */
export async function createTestDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const { url } = (await ask('POST', empty ? '/?empty' : '/')) as { url: string };
  const drop = async () => {
    await ask('DELETE', new URL(url).pathname);
  };
  return { url, drop, [Symbol.asyncDispose]: drop };
}

async function ask(method: string, path: string): Promise<unknown> {
  const response = await fetch(new URL(path, inject('testDatabases')), { method });
  if (!response.ok) throw new Error(`There is no test database: ${await response.text()}`);
  return response.json();
}
