/** The comparison of two filled servers, for a moment: what it stores, measures and leaves behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { descendants, readStat } from '../src/procfs.ts';
import type { ScaleResults } from '../src/scale/report.ts';
import { makeOutFolder } from './out-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let out = '';

beforeAll(() => {
  out = makeOutFolder();
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

function bench(...args: string[]) {
  const size = ['--messages', '1500', '--users', '2000', '--stand-in-messages', '1200', '--seconds', '0.01'];
  const child = spawn(
    process.execPath,
    ['bench/src/main.ts', '--scale', '--out', out, '--concurrency', '1', ...size, ...args],
    // A variable that would lead the programs elsewhere: it must not arrive.
    { cwd: root, env: { ...process.env, TMPDIR: out, DATABASE_URL: 'postgres://somebody' } },
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

async function measured(...args: string[]): Promise<ScaleResults> {
  const { child, output } = bench(...args);
  const [code] = await once(child, 'exit');
  expect(output.stderr).not.toContain('failed');
  expect(output.stdout).not.toContain('**Problems**');
  expect(code).toBe(0);
  const files = readdirSync(out).filter((name) => name.endsWith('-scale.json'));
  const text = readFileSync(join(out, files.sort().at(-1) ?? 'missing'), 'utf8');
  expect(text).not.toContain(root);
  expect(text).not.toContain(out);
  for (const file of files) rmSync(join(out, file));
  expect(leftBehind()).toEqual([]);
  return JSON.parse(text) as ScaleResults;
}

describe('npm run bench -- --scale', { timeout: 240_000 }, () => {
  it('asks two servers for the same, and checks what they answer', async () => {
    const { tables } = await measured('--stores', 'postgresql');
    const [{ small, large, lines } = { small: null, large: null, lines: [] }] = tables;
    expect([small?.messages, large?.messages]).toEqual([1000, 1500]);
    // Six requests, nine searches in three places, two contact syncs, a send.
    expect(lines).toHaveLength(6 + 27 + 2 + 1);
    expect(lines.filter((line) => line.small.latency.count === 0 || line.large.latency.count === 0)).toEqual(
      [],
    );
    const found = (name: string) => {
      const line = lines.find((one) => one.name === name);
      return [line?.small.found, line?.large.found];
    };
    expect(found('20 chats: a rare word')).toEqual([3, 3]);
    expect(found('1000 chats: a rare word')).toEqual([1, 1]);
    expect(found('one chat: the most frequent word')).toEqual([20, 20]);
    // Seven of eight are by others, and nothing is read.
    expect(found('unread count of the big chat')).toEqual([436, 655]);
    expect(readFileSync(join(out, 'scale.md'), 'utf8')).toContain('| history, the newest page (50)');
  });

  const why = inject('missing').mongodb ?? '';
  it.skipIf(why)(`searches where messages are in MongoDB ${why}`, async () => {
    const { tables } = await measured('--stores', 'mongodb');
    expect(tables[0]?.lines).toHaveLength(27);
    expect(tables[0]?.lines.find(({ name }) => name === 'one chat: a rare word')?.large.found).toBe(3);
  });

  it('ends all that it started when it is interrupted while it fills', async () => {
    const { child, output } = bench('--stores', 'postgresql', '--messages', '1000000');
    const family = () => descendants(child.pid ?? 0);
    await expect.poll(() => output.stderr, { timeout: 120_000 }).toContain('1,000,000 messages');
    const before = family().length;
    // The filling process and its PostgreSQL, which has several.
    await expect.poll(() => family().length, { timeout: 60_000 }).toBeGreaterThan(before + 4);
    const processes = family();
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    const alive = () => processes.filter((process) => readStat(process.pid)?.startTime === process.startTime);
    await expect.poll(alive, { timeout: 20_000 }).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });
});
