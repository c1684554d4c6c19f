/** What sync costs, for a moment: what is measured, written and left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { parseSyncOptions } from '../src/sync/options.ts';
import type { SyncResults } from '../src/sync/report.ts';
import { makeOutFolder } from './out-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let out = '';

beforeAll(() => {
  out = makeOutFolder();
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

it('npm run bench -- --sync tells what pages cost', { timeout: 120_000 }, async () => {
  const size = ['--changes', '700', '--chats', '40', '--rounds', '3'];
  const child = spawn(process.execPath, ['bench/src/main.ts', '--sync', '--out', out, ...size], {
    cwd: root,
    // A variable that would lead the programs elsewhere: it must not arrive.
    env: { ...process.env, TMPDIR: out, DATABASE_URL: 'postgres://somebody' },
  });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  const file = readdirSync(out).find((name) => name.endsWith('-sync.json')) ?? 'missing';
  const text = readFileSync(join(out, file), 'utf8');
  expect(text).not.toContain(root);
  const { rows, ratio, problems } = JSON.parse(text) as SyncResults;
  expect(problems).toEqual([]);
  expect(rows.map(({ messages, chats, pages }) => [messages, chats, pages])).toEqual([
    [1, 1, 1],
    [100, 1, 1],
    [700, 2, 2],
    [3, 3, 1],
    [3, 3, 1],
    [0, 0, 1],
  ]);
  expect(ratio.queries).toBe(1);
  expect(readFileSync(join(out, 'sync.md'), 'utf8')).toContain('| 3 of 40 chats changed ');
  expect(readdirSync(out).filter((name) => name.startsWith('parley-bench-'))).toEqual([]);
});

it('says what is wrong with an option', () => {
  expect(parseSyncOptions([])).toMatchObject({ changes: 10_000, chats: 1_000, rounds: 100 });
  expect(() => parseSyncOptions(['--chats', '9'])).toThrow('--chats must be at least 10');
  expect(() => parseSyncOptions(['--rounds', 'x'])).toThrow('--rounds must be a positive number');
});
