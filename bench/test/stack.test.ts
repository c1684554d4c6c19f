/** The benchmark on a real cluster, for a moment: what it starts, measures and leaves behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { descendants, readStat } from '../src/procfs.ts';
import type { StackResults } from '../src/stack/report.ts';
import { makeOutFolder } from './out-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let out = '';

beforeAll(() => {
  out = makeOutFolder();
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

function bench(...args: string[]) {
  const child = spawn(
    process.execPath,
    ['bench/src/main.ts', '--stack', '--cases', '2-postgresql', '--out', out, '--pairs', '4', ...args],
    // Variables that would lead the programs elsewhere: they must not arrive.
    { cwd: root, env: { ...process.env, TMPDIR: out, DATABASE_URL: 'postgres://somebody', REDIS_URL: 'x' } },
  );
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  return { child, output };
}

const leftBehind = () => readdirSync(out).filter((name) => name.startsWith('parley-bench-'));

const missing = inject('missing');
const why = ['postgresql', 'redis', 'nats'].flatMap((store) => missing[store] ?? []).join('; ');

describe.skipIf(why)(`npm run bench -- --stack ${why}`, { timeout: 180_000 }, () => {
  it('measures a cluster of two and where the time of its messages goes', async () => {
    const load = ['--seconds', '1', '--warmup', '0.3', '--in-flight', '2', '--rate', '100'];
    const { child, output } = bench('--only', 'ws,rest', ...load);
    const [code] = await once(child, 'exit');
    expect(output.stderr).not.toContain('failed');
    expect(output.stdout).not.toContain('**Problems**');
    expect(code).toBe(0);

    const [file] = readdirSync(out).filter((name) => name.endsWith('-stack.json'));
    const text = readFileSync(join(out, file ?? 'missing'), 'utf8');
    expect(text).not.toContain(root);
    expect(text).not.toContain(out);
    const { cases } = JSON.parse(text) as StackResults;
    const [measured] = cases;
    expect(measured?.rows.map(({ name }) => name)).toEqual(['/ws, 2 in flight', '/ws, fixed 100/s']);
    for (const row of measured?.rows ?? []) {
      expect(row.delivered).toBeGreaterThan(20);
      expect(row.crossed).toBe(row.delivered);
      for (const [stage, cost] of Object.entries(row.stages)) {
        // Each message goes through each stage; those under way at the ends of the period are few.
        expect([stage, (cost?.messages ?? 0) > row.delivered / 2]).toEqual([stage, true]);
        expect([stage, (cost?.perMessage ?? -1) >= 0]).toEqual([stage, true]);
      }
      expect(Object.keys(row.cores)).toEqual(
        expect.arrayContaining(['realtime', 'api', 'workers', 'postgresql', 'redis', 'nats', 'generator']),
      );
    }
    expect(measured?.rest?.perSecond).toBeGreaterThan(10);
    expect(Object.keys(measured?.engines ?? {}).sort()).toEqual(['nats', 'postgresql', 'redis']);
    expect(readFileSync(join(out, 'stack.md'), 'utf8')).toContain('| /ws, fixed 100/s: p99 under 50 ms');
    expect(leftBehind()).toEqual([]);
  });

  it.each(['starting', 'ready'])('ends all that it started when it is interrupted: %s', async (moment) => {
    const { child, output } = bench('--only', 'ws', '--seconds', '60');
    const family = () => descendants(child.pid ?? 0);
    // Ready: the stores with those who watch over them, four programs and a generator.
    const [said, count] = moment === 'ready' ? ['ready', 10] : ['starting', 1];
    await expect
      .poll(() => family().length >= count && output.stderr.includes(said), { timeout: 120_000 })
      .toBe(true);
    const processes = family();
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    const alive = () => processes.filter((process) => readStat(process.pid)?.startTime === process.startTime);
    await expect.poll(alive, { timeout: 20_000 }).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });
});
