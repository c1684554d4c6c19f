/** Tokens in a file, for programs on Node. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TokenStorage } from '../storage.ts';

/**
 * Keeps tokens in one JSON file that only its owner can read (mode 0600), made with its folder when first needed. Writes are
 * atomic: after a crash the file is the old or the new one. Rejects where the file cannot be read or holds something else.
 */
export function fileStorage(path: string): TokenStorage {
  // One change after the other: each reads what the one before has written.
  let last: Promise<void> = Promise.resolve();
  let count = 0;

  async function read(): Promise<Record<string, string>> {
    try {
      const values: unknown = JSON.parse(await readFile(path, 'utf8'));
      if (typeof values === 'object' && values !== null) return { ...values };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
      throw error;
    }
    throw new Error('The token file does not hold a JSON object');
  }

  function change(edit: (values: Record<string, string>) => void): Promise<void> {
    const done = last.then(async () => {
      const values = await read();
      edit(values);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const temporary = `${path}.${process.pid}.${count++}.tmp`;
      await writeFile(temporary, JSON.stringify(values), { mode: 0o600 });
      await rename(temporary, path);
    });
    last = done.catch(() => {});
    return done;
  }

  return {
    async get(key) {
      await last;
      const value = (await read())[key];
      return typeof value === 'string' ? value : null;
    },
    set(key, value) {
      return change((values) => {
        values[key] = value;
      });
    },
    remove(key) {
      return change((values) => {
        delete values[key];
      });
    },
  };
}
