/** Records in a folder, for programs on Node. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Records } from '../database/types.ts';
import { quiet } from '../lib/deferred.ts';
import { type FolderLock, lockFolder } from './lock.ts';
import { FileRecords } from './records.ts';

/**
 * Keeps records in a folder that only its owner can read (files with mode 0600), made when first needed: a journal for each account, to
 * which every write is appended and synced to the disk before it resolves, and a folder beside it for its `Blob`s. All records of an
 * account are held in memory, `Blob`s are not. One program at a time: another one that opens it is refused. Rejects with the error of
 * `node:fs` where the folder cannot be read or written.
 */
export function fileDatabase(folder: string): Database {
  const accounts = new Map<string, { records: FileRecords; users: number }>();
  let lock: FolderLock | null = null;
  // One after the other: who opens waits for who closes.
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = quiet(done).catch(() => {});
    return done;
  }

  async function unlock(): Promise<void> {
    if (accounts.size > 0) return;
    const held = lock;
    lock = null;
    await held?.release();
  }

  async function records(account: string): Promise<{ records: FileRecords; users: number }> {
    const known = accounts.get(account);
    if (known) return known;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    lock ??= await lockFolder(folder);
    const { check } = lock;
    const path = join(folder, createHash('sha256').update(account).digest('hex').slice(0, 32));
    const opened = { account, path: `${path}.jsonl`, blobs: `${path}.blobs`, check };
    const fresh = { records: await FileRecords.open(opened), users: 0 };
    accounts.set(account, fresh);
    return fresh;
  }

  return {
    open: (account) =>
      inTurn(async () => {
        try {
          const shared = await records(account);
          shared.users++;
          return new Shared(shared.records, () =>
            inTurn(async () => {
              if (--shared.users > 0) return;
              accounts.delete(account);
              await shared.records.close();
              await unlock();
            }),
          );
        } catch (error) {
          await unlock();
          throw error;
        }
      }),
  };
}

/** One of several users of an account's records. */
class Shared implements Records {
  readonly #records: FileRecords;
  readonly #release: () => Promise<void>;
  #closing: Promise<void> | null = null;

  constructor(records: FileRecords, release: () => Promise<void>) {
    this.#records = records;
    this.#release = release;
  }

  get: Records['get'] = async (key) => this.#open().get(key);
  list: Records['list'] = async (prefix, options) => this.#open().list(prefix, options);
  write: Records['write'] = async (changes) => this.#open().write(changes);
  clear: Records['clear'] = async () => this.#open().clear();

  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  #open(): FileRecords {
    if (this.#closing) throw new Error('The records are closed');
    return this.#records;
  }
}
