/** A database for a test file, in the one MongoDB of the test run. */
import { inject } from 'vitest';

/** Starts MongoDB if nobody asked before; it is the one at TEST_MONGO_URL where that is set. */
export async function createTestMongo(): Promise<{ url: string }> {
  const response = await fetch(new URL('/mongo', inject('testDatabases')), { method: 'POST' });
  if (!response.ok) throw new Error(`There is no MongoDB for tests: ${await response.text()}`);
  return (await response.json()) as { url: string };
}
