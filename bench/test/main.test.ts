import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { descendants, readStat } from '../src/procfs.ts';
import type { Results } from '../src/report.ts';
import { makeOutFolder } from './out-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let out = '';

beforeAll(() => {
  out = makeOutFolder();
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** Starts the benchmark on the fake server; its temporary files go where the test can see them. */
function bench(...args: string[]): { child: ChildProcess; output: { stdout: string; stderr: string } } {
  const child = spawn(
    process.execPath,
    ['bench/src/main.ts', '--server', 'bench/test/fake-main.ts', '--out', out, '--pairs', '2', ...args],
    // A variable that would lead a real server elsewhere: it must not arrive.
    { cwd: root, env: { ...process.env, TMPDIR: out, DATABASE_URL: 'postgres://somebody' } },
  );
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output.stderr += chunk;
  });
  return { child, output };
}

function leftBehind(): string[] {
  return readdirSync(out).filter((name) => name.startsWith('parley-bench-'));
}

describe('npm run bench', { timeout: 60_000 }, () => {
  it('prints a table and writes the results, which name nothing of this machine', async () => {
    const json = join(out, 'copy.json');
    const { child, output } = bench(
      ...['--only', 'ws,rest', '--seconds', '0.5', '--warmup', '0.2', '--in-flight', '2', '--json', json],
    );
    const [code] = await once(child, 'exit');
    expect(output.stderr).not.toContain('failed');
    expect(code).toBe(0);
    expect(output.stdout).toContain('| /ws, 2 in flight, with receipts |');
    expect(output.stdout).toMatch(/Parley makes \d+\.\d\d × bare Express/);

    const [file] = readdirSync(out).filter((name) => /^\d{4}-\d\d-\d\d-\d{4}-ws-rest\.json$/.test(name));
    const text = readFileSync(join(out, file ?? 'missing'), 'utf8');
    expect(readFileSync(json, 'utf8')).toBe(text);
    expect(text).not.toContain(root);
    expect(text).not.toContain(out);
    const results = JSON.parse(text) as Results;
    expect(results.problems).toEqual([]);
    expect(results.rows.map((row) => row.kind)).toEqual(['messages', 'messages', 'messages', 'rest']);
    expect(readFileSync(join(out, 'latest.md'), 'utf8')).toContain('| /ws, fixed 1000/s');
    expect(leftBehind()).toEqual([]);
  });

  it('tells in one line what is wrong with an option', async () => {
    const { child, output } = bench('--only', 'nothing');
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(output.stderr).toBe(
      '--only must be some of ws, socketio, groups, rest, idle, separated by commas\n',
    );
  });

  it('ends with 1 and says why when a row cannot run', async () => {
    const { child, output } = bench('--only', 'ws', '--url', 'http://127.0.0.1:9');
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(output.stdout).toContain('**Problems**');
  });

  it('shows what a server that does not start has to say', async () => {
    const { child, output } = bench('--only', 'ws', '--server', 'bench/test/missing.ts');
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(output.stdout).toContain('- ws: the server ended with 1');
    expect(output.stderr).toContain('Cannot find module');
    expect(leftBehind()).toEqual([]);
  });

  it('ends all that it started when it is interrupted', async () => {
    const { child, output } = bench('--only', 'ws', '--seconds', '30');
    await expect.poll(() => output.stderr, { timeout: 20_000 }).toContain('in flight …');
    // The server and the generator.
    await expect.poll(() => descendants(child.pid ?? 0).length).toBeGreaterThanOrEqual(2);
    const family = descendants(child.pid ?? 0);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    const alive = family.filter((process) => readStat(process.pid)?.startTime === process.startTime);
    expect(alive).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });
});
