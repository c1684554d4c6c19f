import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { TemporaryFolder } from './support/temporary.ts';
import { runs, until } from './support/until.ts';

const holder = fileURLToPath(new URL('support/hold-stores.ts', import.meta.url));

/** A process that has started stores and waits, and their process numbers. */
async function hold(folder: TemporaryFolder) {
  const env = { ...process.env, TMPDIR: folder.path };
  const child = spawn(process.execPath, [holder], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const [line]: string[] = await once(createInterface({ input: child.stdout }), 'line');
  const pids: number[] = JSON.parse(line ?? '[]');
  return { child, pids };
}

describe.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'exit'] as const)('a process that ends by %s', (how) => {
  test('takes its stores and their data along, a paused one too', { timeout: 120_000 }, async () => {
    using folder = new TemporaryFolder();
    const { child, pids } = await hold(folder);
    expect(pids).toHaveLength(3);
    expect(pids.every(runs)).toBe(true);
    expect(readdirSync(folder.path)).toHaveLength(3);
    // It calls process.exit() when its input ends.
    if (how === 'exit') child.stdin.end();
    else child.kill(how);
    await once(child, 'close');
    await until('the servers have ended', () => !pids.some(runs));
    await until('their data is gone', () => readdirSync(folder.path).length === 0);
  });
});
