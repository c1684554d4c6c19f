import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { limits } from '@parley/contract';
import { expect, test } from 'vitest';
import { TestServer } from './support/http.ts';

const size = limits.mediaBytes.video;
const script = fileURLToPath(new URL('support/pour.ts', import.meta.url));

/** Sends so many videos of the largest size at once, as fast as the server takes them; the statuses of the answers. */
async function pour(server: TestServer, token: string, count: number): Promise<number[]> {
  const args = [script, server.port, token, count, size].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

test('ten of the largest videos at once do not make the program larger', async () => {
  await using server = await TestServer.start();
  const { token } = await server.signIn();
  // What every program needs for its first requests is no part of it.
  expect(await pour(server, token, 1)).toEqual([201]);
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const statuses = await pour(server, token, 10);
  clearInterval(watch);
  expect(statuses).toEqual(Array(10).fill(201));
  console.log((most - before) / 2 ** 20);
  expect((most - before) / 2 ** 20).toBeLessThan(50);
  const sizes = [...server.runtime.media.byId.values()].map((media) => media.size_bytes);
  expect(sizes).toEqual(Array(11).fill(size));
}, 120_000);
