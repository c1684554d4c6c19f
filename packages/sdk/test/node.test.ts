import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fileStorage } from '../src/node.ts';
import { makeClient, signedIn, startServer } from './support/client.ts';

async function tokenFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-tokens-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'deeper', 'tokens.json');
}

describe('fileStorage', () => {
  test('keeps a session for the next program', async () => {
    const server = await startServer();
    const path = await tokenFile();
    const client = await signedIn(server, { storage: fileStorage(path) });
    const next = makeClient({ url: server.url, storage: fileStorage(path) });
    await next.ready;
    expect(next.session).toBe(client.session);
  });

  test('writes a file that only its owner can read, and leaves no other', async () => {
    const path = await tokenFile();
    const storage = fileStorage(path);
    await storage.set('a', '1');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(path, '..'))).toEqual(['tokens.json']);
  });

  test('loses no change of many at once', async () => {
    const path = await tokenFile();
    const storage = fileStorage(path);
    const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`);
    await Promise.all(keys.map((key) => storage.set(key, key)));
    await storage.remove('key-7');
    expect(await storage.get('key-7')).toBeNull();
    expect(Object.keys(JSON.parse(await readFile(path, 'utf8')))).toHaveLength(19);
  });

  test('does not overwrite a file that is something else', async () => {
    const path = join(await tokenFile(), '..', '..', 'notes.txt');
    await writeFile(path, 'shopping list');
    await expect(fileStorage(path).set('a', '1')).rejects.toThrow();
    expect(await readFile(path, 'utf8')).toBe('shopping list');
  });
});
