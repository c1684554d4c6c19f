/**
 * One PostgreSQL and one MongoDB for a whole test run. Vitest runs this in its main process and the test files in others, so they ask for
 * databases over HTTP; the first who asks makes it start, and a run without a database does without.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { TestDatabases } from './test-databases.ts';
import { TestMongo } from './test-mongo.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where createTestDatabase() asks. */
    testDatabases: string;
    /** Which engines the tests of this project run on. */
    engines: 'embedded' | 'distributed';
    /** Stores that cannot be had on this machine, with the reason. */
    missing: Record<string, string>;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databases = new TestDatabases();
  const mongo = new TestMongo();
  const server = createServer((request, response) => {
    answer(databases, mongo, request)
      .then((body) => response.end(JSON.stringify(body)))
      .catch((error: unknown) => fail(response, error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  project.provide('testDatabases', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  return async () => {
    server.close();
    server.closeAllConnections();
    await databases.close();
    await mongo.close();
  };
}

async function answer(
  databases: TestDatabases,
  mongo: TestMongo,
  { method, url = '/' }: IncomingMessage,
): Promise<object> {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (pathname === '/mongo') return { url: await mongo.create() };
  if (method === 'POST') return { url: await databases.create({ empty: searchParams.has('empty') }) };
  await databases.drop(pathname.slice(1));
  return {};
}

function fail(response: ServerResponse, error: unknown): void {
  response.statusCode = 500;
  response.end(error instanceof Error ? error.message : String(error));
}
