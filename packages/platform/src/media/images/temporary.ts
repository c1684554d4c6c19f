/** Temporary files of one process, which never outlive what they were made for. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { unavailable } from '@parley/core';
import { processMark } from '../../embedded-postgres/processes.ts';
import { writeAll } from '../../objects/bytes.ts';

const prefix = 'parley-media';
/** Milliseconds after which a folder of a machine that cannot be asked is taken for left behind. */
const abandonedMs = 24 * 3_600_000;

/** A few files that go together. */
export interface TemporaryFiles {
  path(name: string): string;
  /** Never rejects; what cannot be removed goes with the next start. */
  remove(): Promise<void>;
}

/**
 * Writes all that the stream brings into a new file. Each chunk is written before the next is asked for, so memory stays flat.
 * Errors: those of the streams as they are; `SERVICE_UNAVAILABLE` for the disk.
 */
export async function keep(path: string, body: Readable): Promise<void> {
  const file = await diskWork(() => open(path, 'wx', 0o600)).catch((error) => {
    body.destroy();
    throw error;
  });
  const write = async (source: AsyncIterable<Buffer | string>) => {
    for await (const piece of source) {
      const chunk = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
      await diskWork(() => writeAll(file, chunk));
    }
  };
  try {
    await pipeline(body, write);
  } finally {
    await file.close();
  }
}

/** A small file. Errors: `SERVICE_UNAVAILABLE`. */
export function readWhole(path: string): Promise<Buffer> {
  return diskWork(() => readFile(path));
}

/**
 * A folder under `base` that nobody else may read. Its name tells the machine and the process it belongs to, so several programs may share
 * `base` and none removes what another one is using.
 */
export class TemporaryFolder {
  readonly #base: string;
  readonly #dir: string;
  #closed = false;

  constructor(base: string) {
    this.#base = base;
    this.#dir = join(base, [prefix, machine(), process.pid, ownMark(process.pid), randomUUID()].join('.'));
  }

  /** Makes it, and removes those of processes that have ended without doing so. Errors: `SERVICE_UNAVAILABLE`. */
  async start(): Promise<void> {
    await diskWork(async () => {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      for (const name of await readdir(this.#base)) {
        const path = join(this.#base, name);
        // Somebody else's in a folder for everybody may not be ours to remove.
        if (await isLeftover(name, path)) await rm(path, { recursive: true, force: true }).catch(() => {});
      }
    });
  }

  /** Removes it with all that is in it; there are no more files then. */
  async close(): Promise<void> {
    this.#closed = true;
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** Names for files that are made by whoever uses them. Errors: `SERVICE_UNAVAILABLE`. */
  async files(): Promise<TemporaryFiles> {
    if (this.#closed) throw unavailable('The folder for temporary files', new Error('it is closed'));
    // Systems clean their temporary folders while programs run.
    await diskWork(() => mkdir(this.#dir, { recursive: true, mode: 0o700 }));
    const id = randomUUID();
    const names = new Set<string>();
    return {
      path: (name) => {
        names.add(name);
        return join(this.#dir, `${id}-${name}`);
      },
      remove: async () => {
        for (const name of names) await rm(join(this.#dir, `${id}-${name}`), { force: true }).catch(() => {});
      },
    };
  }
}

/** For work on temporary files only: a disk that is full or failing is nothing that is wrong with what somebody sent. */
async function diskWork<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw unavailable('The folder for temporary files', error);
  }
}

async function isLeftover(name: string, path: string): Promise<boolean> {
  const [first, host, pid, mark] = name.split('.');
  if (first !== prefix) return false;
  if (host === machine()) return mark !== ownMark(Number(pid));
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > abandonedMs;
}

/** Containers of one machine have names of their own. */
function machine(): string {
  return short(hostname());
}

/** Tells a process from a later one with the same number. */
function ownMark(pid: number): string {
  return short(processMark(pid) ?? 'ended');
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
