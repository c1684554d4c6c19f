/**
 * One program at a time on a folder: a file `lock` that says who has it, touched every few seconds. Node has no locks that end with a
 * program, so that of one that is gone is told by its process id, or elsewhere (another container, another host) by its age.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** How often it is touched, and how old it is when nobody does any more. */
const touchMs = 4000;
const staleMs = 15_000;

/** Locks of this program. */
const own = new Set<string>();

export interface FolderLock {
  /** Throws once somebody else has taken the folder, which happens where this program stood still for long. */
  check(): void;
  release(): Promise<void>;
}

/** Rejects where another program, or another part of this one, uses the folder. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, 'lock');
  const text = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  while (!(await create(path, text))) await removeStale(folder, path);
  own.add(text);
  let lost = false;
  const timer = setInterval(async () => {
    const held = await readFile(path, 'utf8').catch(() => '');
    lost ||= held !== text;
    const now = new Date();
    if (!lost) await utimes(path, now, now).catch(() => {});
  }, touchMs);
  timer.unref();
  return {
    check() {
      if (lost) throw new Error(`The folder ${folder} was taken over by another program`);
    },
    async release() {
      clearInterval(timer);
      own.delete(text);
      const held = await readFile(path, 'utf8').catch(() => '');
      if (held === text) await rm(path, { force: true });
    },
  };
}

/** Makes the lock with its content in one step; false if there is one. */
async function create(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function removeStale(folder: string, path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(missing);
  if (text === null) return;
  if (await isAlive(text, path)) {
    throw new Error(`The folder ${folder} is used by another program (its file \`lock\` says which)`);
  }
  // Of several that find it stale one gets it; who got a fresh one instead puts it back.
  const aside = `${path}.${randomUUID()}.tmp`;
  await rename(path, aside).catch(missing);
  const taken = await readFile(aside, 'utf8').catch(missing);
  if (taken !== null && taken !== text) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function isAlive(text: string, path: string): Promise<boolean> {
  const { pid, host } = parsed(text);
  if (host === hostname()) {
    // The same id in a new container, or after a restart of the computer.
    if (pid === process.pid) return own.has(text);
    if (!isRunning(pid)) return false;
  }
  const age =
    Date.now() -
    (await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ));
  return Math.abs(age) < staleMs;
}

function parsed(text: string): { pid?: unknown; host?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function isRunning(pid: unknown): boolean {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    // It is there, but another user's.
    return codeOf(error) === 'EPERM';
  }
}

function missing(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null;
  throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
