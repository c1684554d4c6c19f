import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { endChild, endFamily } from '../src/children.ts';
import { descendants, readStat } from '../src/procfs.ts';

const DEAF = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";

describe('ending children', () => {
  it('waits for one that ends when asked', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    await endChild(child, 10_000);
    expect(child.signalCode).toBe('SIGTERM');
    await endChild(child, 10_000);
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'ends a server that does not listen, and its children',
    async () => {
      // Like a server that hangs while its PostgreSQL runs on.
      const grandchild = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(DEAF)}])`;
      const child = spawn(process.execPath, ['-e', `${grandchild}; ${DEAF} console.log('up')`], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await once(child.stdout, 'data');
      const known = descendants(child.pid ?? 0);
      expect(known).toHaveLength(1);
      await endFamily(child, [], 200);
      expect(child.signalCode).toBe('SIGKILL');
      await expect.poll(() => readStat(known[0]?.pid ?? 0)?.startTime).not.toBe(known[0]?.startTime);
    },
  );
});
