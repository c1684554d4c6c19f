/** Objects as files in a folder: the engine of an installation without S3. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { type Clock, type ObjectRead, type ObjectStore, unavailable } from '@parley/core';
import { keepError, writeAll } from './bytes.ts';
import { checkContentType, checkExpiry, checkKey, checkRange } from './keys.ts';
import { signedQuery } from './signature.ts';
import { readTrailer, trailer } from './trailer.ts';

export interface FileObjectStoreOptions {
  /** Signs URLs; the same for every program that serves this folder. */
  signingSecret: string;
  /** What URLs begin with, before `/objects/`. A function where it is known only once the server listens. */
  baseUrl: string | (() => string);
  clock?: Clock;
}

/** Milliseconds after which a half-written file cannot belong to a put that is still going on. */
const abandonedMs = 24 * 3_600_000;

/**
 * Several processes may use one folder. A key cannot be a folder of another key (`a` and `a/b`). A range that begins past
 * the end reads nothing. Errors: `SERVICE_UNAVAILABLE` where the disk is full or failing; RangeError for a bad key.
 */
export class FileObjectStore implements ObjectStore {
  readonly #objects: string;
  readonly #temporary: string;
  readonly #options: FileObjectStoreOptions;
  readonly #clock: Clock;

  constructor(dir: string, options: FileObjectStoreOptions) {
    this.#objects = join(dir, 'objects');
    // Beside the objects, hence in the same file system: a rename cannot then be a copy.
    this.#temporary = join(dir, 'incoming');
    this.#options = options;
    this.#clock = options.clock ?? { now: Date.now };
  }

  /** Makes the folders, and sweeps. Call it before anything else. */
  async start(): Promise<void> {
    await diskWork(async () => {
      for (const dir of [this.#objects, this.#temporary]) await mkdir(dir, { recursive: true, mode: 0o700 });
    });
    await this.sweep();
  }

  /** Removes files that were begun more than a day ago and never finished. A program that runs for long calls it daily. */
  async sweep(): Promise<void> {
    await diskWork(async () => {
      for (const name of await readdir(this.#temporary)) {
        const file = join(this.#temporary, name);
        const found = await stat(file).catch(absent);
        if (found && this.#clock.now() - found.mtimeMs > abandonedMs) await rm(file, { force: true });
      }
    });
  }

  /** For `/ready`. Errors: `SERVICE_UNAVAILABLE`. */
  async ping(): Promise<void> {
    await stat(this.#objects).catch((error) => {
      throw unavailable('The object store', error);
    });
  }

  async put(key: string, body: Readable, options: { contentType: string }): Promise<{ size: number }> {
    keepError(body);
    const temporary = join(this.#temporary, randomUUID());
    try {
      checkKey(key);
      checkContentType(options.contentType);
      const size = await this.#write(temporary, body, options.contentType);
      await diskWork(() => this.#publish(temporary, join(this.#objects, key)));
      return { size };
    } catch (error) {
      body.destroy();
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
  }

  async get(key: string, range?: { start: number; end?: number }): Promise<ObjectRead | undefined> {
    checkKey(key);
    if (range) checkRange(range);
    return this.#open(key, async (file, { size, contentType }) => {
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? size - 1, size - 1);
      if (start <= end) return { body: file.createReadStream({ start, end }), size, contentType };
      await file.close();
      return { body: Readable.from([], { objectMode: false }), size, contentType };
    });
  }

  async stat(key: string): Promise<{ size: number; contentType: string } | undefined> {
    checkKey(key);
    return this.#open(key, async (file, found) => {
      await file.close();
      return found;
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    await diskWork(async () => {
      for (const key of keys) {
        const file = join(this.#objects, key);
        await rm(file, { force: true }).catch(absent);
        await this.#removeEmpty(dirname(file));
      }
    });
  }

  async url(key: string, options: { expiresInSeconds: number; filename?: string }): Promise<string> {
    checkKey(key);
    checkExpiry(options.expiresInSeconds);
    const { baseUrl, signingSecret } = this.#options;
    const expires = Math.floor(this.#clock.now() / 1000) + options.expiresInSeconds;
    const query = signedQuery(signingSecret, key, expires, options.filename);
    return `${typeof baseUrl === 'function' ? baseUrl() : baseUrl}/objects/${key}?${query}`;
  }

  /** Says how long the object is. Each chunk is written before the next is asked for, so memory stays flat. */
  async #write(path: string, body: Readable, contentType: string): Promise<number> {
    const file = await diskWork(() => open(path, 'wx', 0o600));
    try {
      let size = 0;
      for await (const piece of body) {
        const chunk = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
        await diskWork(() => writeAll(file, chunk));
        size += chunk.length;
      }
      await diskWork(() => writeAll(file, trailer(contentType)));
      // Before the rename: otherwise a power cut could leave the name of a file that is empty.
      await diskWork(() => file.sync());
      return size;
    } finally {
      await file.close();
    }
  }

  async #publish(temporary: string, target: string): Promise<void> {
    const folder = dirname(target);
    for (let tries = 0; ; tries++) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await rename(temporary, target);
        break;
      } catch (error) {
        // A delete in this moment may have removed the folder, or one above it, because it was empty. Node calls a folder
        // that goes while it looks ENOTDIR; where a part of the key really is an object, that stays so.
        if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EEXIST') || tries === 100) throw error;
      }
    }
    for (let dir = folder; ; dir = dirname(dir)) {
      await syncFolder(dir);
      if (dir === this.#objects) break;
    }
  }

  async #removeEmpty(folder: string): Promise<void> {
    for (let dir = folder; dir !== this.#objects; dir = dirname(dir)) {
      try {
        await rmdir(dir);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) return;
      }
    }
  }

  async #open<T>(
    key: string,
    use: (file: FileHandle, found: { size: number; contentType: string }) => Promise<T>,
  ): Promise<T | undefined> {
    return diskWork(async () => {
      const file = await open(join(this.#objects, key), 'r').catch(absent);
      if (!file) return undefined;
      try {
        const found = await file.stat();
        if (found.isFile()) return await use(file, await readTrailer(file, found.size));
      } catch (error) {
        await file.close();
        throw error;
      }
      await file.close();
      return undefined;
    });
  }
}

/** Makes the names in a folder survive a power cut. A folder that was removed meanwhile has none. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r').catch(absent);
  if (!folder) return;
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** For `catch`: a path that is not there is no error. */
function absent(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ERR_FS_EISDIR')) throw error;
  return undefined;
}

/** A disk that is full or failing is a store that is away; anything else stays what it is. */
async function diskWork<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, 'ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ESTALE')) throw error;
    throw unavailable('The object store', error);
  }
}
