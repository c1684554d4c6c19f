/** Files and pushes on a real server, for a moment: what is measured and left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFfmpeg } from '@parley/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { measureTools } from '../src/media/measure-tools.ts';
import { noiseJpeg } from '../src/media/noise.ts';
import type { MediaResults } from '../src/media/report.ts';
import { descendants, readStat } from '../src/procfs.ts';
import { makeOutFolder } from './out-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const ffmpeg = await findFfmpeg();
let out = '';

beforeAll(() => {
  out = makeOutFolder();
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

function bench(...args: string[]) {
  const files = ['--uploads', '1', '--image-mb', '1', '--videos', '2', '--video-mb', '8'];
  const size = ['--seconds', '0.3', '--warmup', '0.1', '--rounds', '1', '--pairs', '2', '--rate', '50'];
  const child = spawn(
    process.execPath,
    ['bench/src/main.ts', '--media', '--out', out, ...files, ...size, ...args],
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

/** But for the sample files, which are there for the next run. */
const leftBehind = () => readdirSync(out).filter((name) => /^parley-(?!samples)/.test(name));

describe('npm run bench -- --media', { timeout: 240_000 }, () => {
  it.skipIf(!ffmpeg)(`measures on a server${ffmpeg ? '' : ' (there is no ffmpeg)'}`, async () => {
    const { child, output } = bench('--only', 'upload,push,beside', '--name', 'media');
    const [code] = await once(child, 'exit');
    expect(output.stderr).not.toContain('failed');
    expect(output.stdout).not.toContain('**Problems**');
    expect(code).toBe(0);
    const [file = 'missing'] = readdirSync(out).filter((name) => name.endsWith('-media.json'));
    const text = readFileSync(join(out, file), 'utf8');
    expect(text).not.toContain(root);
    expect(text).not.toContain(out);
    const { rows, problems } = JSON.parse(text) as MediaResults;
    expect(problems).toEqual([]);
    expect(rows.uploads.map(({ uploads }) => uploads)).toEqual([1, 1, 2]);
    const cases = rows.pushes.rows.map((row) => `${row.case} ${row.engine}`);
    expect(cases.slice(0, 3)).toEqual(['online PostgreSQL', 'direct PostgreSQL', 'groups PostgreSQL']);
    expect(cases.length + 3 * rows.pushes.missing.length).toBe(6);
    expect(rows.pushes.offline.map(({ pushedPerSecond }) => pushedPerSecond > 0)).toEqual([true, true]);
    expect(rows.beside.map(({ load, beside }) => `${load} ${beside}`)).toEqual([
      ...['closed nothing', 'closed images', 'closed videos'],
      ...['open nothing', 'open images', 'open videos'],
    ]);
    expect(readFileSync(join(out, 'media.md'), 'utf8')).toContain('| image of 1 MB');
    expect(leftBehind()).toEqual([]);
  });

  it('measures the image tools alone, and leaves nothing behind', async () => {
    const path = join(out, 'small.jpg');
    writeFileSync(path, await noiseJpeg(640, 480, 200_000));
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('parley-bench-'));
    const row = await measureTools({ path }, 2, 0.2);
    expect(row).toMatchObject({ processes: 2, images: row.latency.count });
    expect(row.images).toBeGreaterThanOrEqual(4);
    // What decodes is another process, which has been seen.
    expect(row.cpu.tools).toBeGreaterThan(0);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('parley-bench-'));
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
  });

  it('ends all that it started when it is interrupted while a worker decides', async () => {
    const { child, output } = bench('--only', 'push', '--seconds', '30');
    const family = () => descendants(child.pid ?? 0);
    // The worker and its PostgreSQL, which has several processes.
    await expect.poll(() => family().length, { timeout: 60_000 }).toBeGreaterThan(4);
    const processes = family();
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect(output.stderr).not.toContain('failed');
    expect(code).toBe(130);
    const alive = () => processes.filter((process) => readStat(process.pid)?.startTime === process.startTime);
    await expect.poll(alive, { timeout: 20_000 }).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });
});
