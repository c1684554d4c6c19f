// A data directory belongs to one running Parley at a time.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { processMark } from './processes.ts';

/** Held until released. A lock whose process has ended, however it ended, counts as released. */
export interface DataDirLock {
  release(): void;
}

interface LockContent {
  pid: number;
  /** When the process started, as processMark() tells it: a process number alone is used again by later processes. */
  mark: string;
  /** Tells this lock from any other by the same process. */
  nonce: string;
}

/**
 * Takes a data directory for this process, by a file parley.lock in it. The directory is created when missing.
 *
 * @throws {Error} 'another Parley (process 123) uses this data directory: ...' while another lock on it is held, by
 *   another process or by this one; or when the directory cannot be written, with what to do
 */
export function lockDataDir(dir: string): DataDirLock {
  return takeLock(join(dir, 'parley.lock'), dir);
}

/**
 * Takes a lock file.
 *
 * @param file the lock file; its directory is created when missing
 * @param dir the data directory to name in the error
 * @throws {Error} as lockDataDir
 */
export function takeLock(file: string, dir: string): DataDirLock {
  const nonce = randomBytes(8).toString('hex');
  const own: LockContent = { pid: process.pid, mark: processMark(process.pid) ?? '', nonce };
  // A file is linked into place, not written there: nobody ever reads a half-written lock.
  const draft = `${file}.${nonce}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  } catch (error) {
    if (!isCode(error, 'EACCES') && !isCode(error, 'EROFS')) throw error;
    throw new Error(
      `The data directory ${resolve(dir)} cannot be written by this user, as after a start as root. Start Parley as ` +
        'before, give the directory to this user, or set PARLEY_DATA_DIR to another place.',
      { cause: error },
    );
  }
  try {
    while (!tryLink(draft, file)) {
      const holder = read(file);
      if (holder && isHeld(holder)) {
        const where = resolve(dir);
        throw new Error(`another Parley (process ${holder.pid}) uses this data directory: ${where}`);
      }
      discard(file, holder, `${draft}.stale`);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (read(file)?.nonce === nonce) rmSync(file, { force: true });
    },
  };
}

function isHeld({ pid, mark }: LockContent): boolean {
  return mark !== '' && processMark(pid) === mark;
}

/**
 * Removes a lock that was found not to be held. Two processes may come to that at once, and the slower one must not
 * remove the lock that the faster one has taken meanwhile: it moves the file away, looks, and puts it back.
 */
function discard(file: string, seen: LockContent | undefined, aside: string): void {
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (read(aside)?.nonce !== seen?.nonce) tryLink(aside, file);
  rmSync(aside, { force: true });
}

/** Reads a lock; undefined when there is none, or none that can be understood (as after a power failure). */
function read(file: string): LockContent | undefined {
  try {
    const content: Partial<LockContent> = JSON.parse(readFileSync(file, 'utf8'));
    const { pid, mark, nonce } = content;
    return typeof pid === 'number' && mark !== undefined && nonce !== undefined
      ? { pid, mark, nonce }
      : undefined;
  } catch (error) {
    if (isCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
