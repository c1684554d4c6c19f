import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installationSecret } from '../src/index.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-secret-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('is one for all that start at once, and stays', async () => {
  const secrets = await Promise.all(Array.from({ length: 20 }, () => installationSecret(dir)));
  expect(new Set(secrets).size).toBe(1);
  expect(await installationSecret(dir)).toBe(secrets[0]);
  expect(await readdir(dir)).toEqual(['jwt-secret']);
  expect((await stat(join(dir, 'jwt-secret'))).mode & 0o777).toBe(0o600);
});

it('is refused when it is damaged', async () => {
  await writeFile(join(dir, 'jwt-secret'), 'short');
  await expect(installationSecret(dir)).rejects.toThrow('damaged');
});
