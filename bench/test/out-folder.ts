/** A folder for what a benchmark writes, and for its temporary files. */
import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux's directory in memory: a database does not wait for the disk there. */
const memory = '/dev/shm';
/** In containers the directory is often far too small. */
const roomBytes = 2 ** 31;

/** Makes a folder of one's own, in memory where there is room; delete it in the end. */
export function makeOutFolder(): string {
  return mkdtempSync(join(hasRoom() ? memory : tmpdir(), 'parley-bench-test-'));
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= roomBytes;
  } catch {
    return false;
  }
}
