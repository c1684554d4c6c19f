/** Where what was built is kept: outside of the clone, shared by all processes of a user. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataDirLock, lockDataDir } from '@parley/platform/embedded-postgres';

const pollMs = 100;
/** The slowest build takes a minute or two on a small machine. */
const lockMs = 15 * 60_000;

/** `$XDG_CACHE_HOME/parley`, by default `~/.cache/parley`. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache');
  return resolve(base, 'parley');
}

/** Where something that was built is; undefined while it is not. */
export function cached(key: string, environment: NodeJS.ProcessEnv): string | undefined {
  const folder = join(cacheFolder(environment), key);
  return existsSync(folder) ? folder : undefined;
}

/**
 * Builds something once: processes that ask at the same time wait for the one that builds. A folder in the cache is always
 * complete, as it is built under another name and then renamed.
 *
 * @param key name of the folder, with the version
 * @param make fills the folder that it is given
 */
export async function buildOnce(
  key: string,
  environment: NodeJS.ProcessEnv,
  make: (draft: string) => Promise<void>,
): Promise<string> {
  const there = cached(key, environment);
  if (there) return there;
  return withLock(key, environment, async () => {
    const folder = cached(key, environment);
    if (folder) return folder;
    const cache = cacheFolder(environment);
    const prefix = `.draft-${key}-`;
    // What a killed build has left.
    for (const name of await readdir(cache)) {
      if (name.startsWith(prefix)) await rm(join(cache, name), { recursive: true, force: true });
    }
    const draft = join(cache, `${prefix}${randomBytes(4).toString('hex')}`);
    await mkdir(draft);
    try {
      await make(draft);
      await rename(draft, join(cache, key));
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return join(cache, key);
  });
}

/** Runs `work` while no other process runs work under this key. The lock of a process that has ended does not count. */
export async function withLock<T>(
  key: string,
  environment: NodeJS.ProcessEnv,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await waitForLock(join(cacheFolder(environment), '.locks', key));
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function waitForLock(folder: string): Promise<DataDirLock> {
  const deadline = performance.now() + lockMs;
  for (;;) {
    try {
      return lockDataDir(folder);
    } catch (error) {
      const held = error instanceof Error && error.message.startsWith('another Parley');
      if (!held || performance.now() > deadline) throw error;
    }
    await sleep(pollMs);
  }
}
