import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { limits } from '@parley/contract';
import { expect, test } from 'vitest';

const size = limits.mediaBytes.video;
const path = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url));

test('ten of the largest videos at once take no memory to speak of', async () => {
  // A small nursery: otherwise V8 leaves up to 100 MB of bytes lying about that nobody holds any more, which says nothing of the program.
  const server = fork(path('upload-server.ts'), { execArgv: ['--max-semi-space-size=1'] });
  const exited = once(server, 'exit');
  try {
    const [{ port, token }] = await once(server, 'message');
    /** Sends so many videos at once, as fast as the server takes them. */
    const pour = async (count: number): Promise<{ statuses: number[]; most: number; sizes: number[] }> => {
      const args = [path('pour.ts'), port, token, count, size].map(String);
      const { stdout } = await promisify(execFile)(process.execPath, args);
      server.send('how much?');
      const [told] = await once(server, 'message');
      return { statuses: JSON.parse(stdout), ...told };
    };
    // What a program needs for its first requests is no part of it.
    const one = await pour(1);
    expect(one.statuses).toEqual([201]);
    const ten = await pour(10);
    expect(ten.statuses).toEqual(Array(10).fill(201));
    expect(ten.sizes).toEqual(Array(11).fill(size));
    expect((ten.most - one.most) / 2 ** 20).toBeLessThan(50);
  } finally {
    server.disconnect();
    await exited;
  }
}, 120_000);
