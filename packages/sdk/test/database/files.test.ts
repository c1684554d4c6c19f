import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fileDatabase } from '../../src/node.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-records-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function fileIn(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.endsWith(ending));
  return join(folder, name ?? '');
}

async function keysIn(folder: string): Promise<string[]> {
  const records = await fileDatabase(folder).open('me');
  const keys = (await records.list('')).map(([key]) => key);
  await records.close();
  return keys;
}

/** Starts the program that writes; answers its lines as they come. */
function writing(folder: string, bytes: number, limit = '') {
  const program = fileURLToPath(new URL('./writer.ts', import.meta.url));
  const command = `${limit} exec "${process.execPath}" "${program}" "${folder}" ${bytes}`;
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface(child.stdout) };
}

describe('a folder of records', () => {
  test('can be read by its owner alone, and has no more in it than it needs', async () => {
    const folder = join(await newFolder(), 'records');
    const records = await fileDatabase(folder).open('me');
    await records.write([{ key: 'a', value: new Blob(['text']) }]);
    const names = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
    const modes = await Promise.all([folder, ...names].map(async (path) => (await stat(path)).mode & 0o777));
    expect(modes.toSorted()).toEqual([0o600, 0o600, 0o600, 0o700, 0o700]);
    await records.write([{ key: 'a', value: undefined }]);
    expect(await readdir(await fileIn(folder, '.blobs'))).toEqual([]);
    await records.close();
    expect((await readdir(folder)).includes('lock')).toBe(false);
  });

  test('has the writes that were whole, wherever the last one was torn', async () => {
    const folder = await newFolder();
    const records = await fileDatabase(folder).open('me');
    await records.write([{ key: 'a', value: 1 }]);
    await records.write([
      { key: 'b', value: 'ö' },
      { key: 'a', value: undefined },
    ]);
    await records.close();
    const path = await fileIn(folder, '.jsonl');
    const whole = await readFile(path);
    const ends = [...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
    for (let cut = 0; cut <= whole.length; cut++) {
      await writeFile(path, whole.subarray(0, cut));
      const lines = ends.filter((end) => end <= cut).length;
      expect({ cut, keys: await keysIn(folder) }).toEqual({ cut, keys: [[], [], ['a'], ['b']][lines] });
    }
  });

  test('goes on behind a torn line', async () => {
    const folder = await newFolder();
    const database = fileDatabase(folder);
    const records = await database.open('me');
    await records.write([{ key: 'a', value: 1 }]);
    await records.close();
    await appendFile(await fileIn(folder, '.jsonl'), '{"write":[["b",');
    const again = await database.open('me');
    await again.write([{ key: 'c', value: 3 }]);
    await again.close();
    expect(await keysIn(folder)).toEqual(['a', 'c']);
  });

  test('says so where it is damaged in the middle, or something else', async () => {
    const folder = await newFolder();
    const records = await fileDatabase(folder).open('me');
    await records.write([{ key: 'a', value: 1 }]);
    await records.close();
    const path = await fileIn(folder, '.jsonl');
    await appendFile(path, 'rubbish\n{"write":[["b",1]]}\n');
    await expect(keysIn(folder)).rejects.toThrow('damaged at line 3');
    await writeFile(path, 'shopping list\n');
    await expect(keysIn(folder)).rejects.toThrow('something else');
    expect(await readFile(path, 'utf8')).toBe('shopping list\n');
  });

  test('is made shorter when most of it is over, and loses nothing thereby', async () => {
    const folder = await newFolder();
    const records = await fileDatabase(folder).open('me');
    await records.write([{ key: 'kept', value: new Blob(['kept']) }]);
    for (let at = 0; at < 40; at++) await records.write([{ key: 'n', value: 'x'.repeat(10_000) }]);
    await records.close();
    const path = await fileIn(folder, '.jsonl');
    expect((await stat(path)).size).toBeLessThan(120_000);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const again = await fileDatabase(folder).open('me');
    expect(await ((await again.get('kept')) as Blob).text()).toBe('kept');
    await again.close();
  });

  test('has all that was promised after the program was killed', async () => {
    const folder = await newFolder();
    const { child, lines } = writing(folder, 20);
    const ended = once(child, 'exit');
    const promised: string[] = [];
    for await (const line of lines) {
      promised.push(line);
      if (promised.length === 50) child.kill('SIGKILL');
    }
    await ended;
    const keys = await keysIn(folder);
    expect(promised.filter((key) => !keys.includes(key) || !keys.includes(`${key} twin`))).toEqual([]);
    expect(keys.length % 2).toBe(0);
  });

  test('rejects where the device is full, and has what was promised before and after', async () => {
    const folder = await newFolder();
    // A limit on the size of files is met in the middle of a line, as the end of a disk is.
    const { lines } = writing(folder, 10_000, "trap '' XFSZ; ulimit -f 64;");
    const said: string[] = [];
    for await (const line of lines) said.push(line);
    expect(said.pop()).toBe('failed EFBIG');
    expect(said.length).toBeGreaterThan(1);
    expect(await keysIn(folder)).toEqual([...said.flatMap((key) => [key, `${key} twin`]), 'small']);
  });

  test('forgets files that no record has, and tells of one that is missing', async () => {
    const folder = await newFolder();
    const records = await fileDatabase(folder).open('me');
    await records.write([{ key: 'a', value: new Blob(['text']) }]);
    await records.close();
    const blobs = await fileIn(folder, '.blobs');
    await writeFile(join(blobs, 'left-over'), 'by a crash');
    const again = await fileDatabase(folder).open('me');
    const [file = ''] = await readdir(blobs);
    expect(await readdir(blobs)).toEqual([file]);
    await rm(join(blobs, file));
    await expect(again.get('a')).rejects.toThrow();
    await again.close();
  });

  test.each([
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['bytes', new Uint8Array(1)],
    ['no number', Number.NaN],
  ])('refuses %s, which it could not give back', async (_, value) => {
    const folder = await newFolder();
    const records = await fileDatabase(folder).open('me');
    await expect(records.write([{ key: 'a', value: { value } }])).rejects.toThrow(TypeError);
    await records.close();
    expect(await keysIn(folder)).toEqual([]);
  });
});

describe('the lock of a folder', () => {
  test('keeps a second program out until the first has ended, however it ends', async () => {
    const folder = await newFolder();
    const { child, lines } = writing(folder, 20);
    await once(lines, 'line');
    await expect(keysIn(folder)).rejects.toThrow('used by another program');
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect((await keysIn(folder)).length).toBeGreaterThan(0);
  });

  test('keeps out a second database of the same program', async () => {
    const folder = await newFolder();
    const records = await fileDatabase(folder).open('me');
    await expect(keysIn(folder)).rejects.toThrow('used by another program');
    await records.close();
    expect(await keysIn(folder)).toEqual([]);
  });

  test('of another host holds as long as it is touched; of an earlier life of this process it does not', async () => {
    const folder = await newFolder();
    const path = join(folder, 'lock');
    await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', id: 'x' }));
    await expect(keysIn(folder)).rejects.toThrow('used by another program');
    await utimes(path, new Date(), new Date(Date.now() - 60_000));
    expect(await keysIn(folder)).toEqual([]);
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), id: 'x' }));
    expect(await keysIn(folder)).toEqual([]);
  });
});
