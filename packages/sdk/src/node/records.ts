/**
 * The records of one account on Node: all of them in memory, as texts, and every change as a line of a journal. The first line says what
 * it is and whose. Writes that come while one is under way go to the disk together with the next.
 */
import { randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SortedMap } from '../database/sorted.ts';
import type { ListOptions, RecordChange, Records, RecordValue } from '../database/types.ts';
import { type Deferred, deferred, quiet } from '../lib/deferred.ts';
import { removeBlobs, storeBlob } from './blobs.ts';
import { type BlobFile, decode, type Encoded, encode, filesOf, lineOf, parsed, sizeOf } from './encoding.ts';
import { Journal } from './journal.ts';

export interface FileRecordsParts {
  readonly account: string;
  readonly path: string;
  /** The folder of its Blobs. */
  readonly blobs: string;
  /** Throws where nothing may be written any more. */
  readonly check: () => void;
}

/** One write, or with null for `changes` a `clear`. */
interface Pending {
  readonly changes: readonly { key: string; value: Encoded | null }[] | null;
  readonly blobs: readonly BlobFile[];
  readonly done: Deferred<void>;
}

/** Bytes below which a journal is not made shorter. */
const smallest = 64 * 1024;

export class FileRecords implements Records {
  readonly #parts: FileRecordsParts;
  readonly #values = new SortedMap<Encoded>();
  #journal: Journal;
  #marker = '';
  /** Bytes of the lines that a journal of nothing but what is there would have. */
  #live = 0;
  #pending: Pending[] = [];
  /** Settles when all that was begun is done; null where nothing is. */
  #working: Promise<void> | null = null;
  #closed = false;

  private constructor(parts: FileRecordsParts, journal: Journal) {
    this.#parts = parts;
    this.#journal = journal;
  }

  static async open(parts: FileRecordsParts): Promise<FileRecords> {
    const { journal, lines } = await Journal.open(parts.path);
    const records = new FileRecords(parts, journal);
    try {
      await records.#load(lines);
      return records;
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  async get(key: string): Promise<RecordValue | null> {
    await this.#settled();
    const value = this.#values.get(key);
    return value ? this.#decode(value) : null;
  }

  async list(prefix: string, options?: ListOptions): Promise<[string, RecordValue][]> {
    await this.#settled();
    const found = this.#values.list(prefix, options);
    return Promise.all(
      found.map(async ([key, value]) => [key, await this.#decode(value)] as [string, RecordValue]),
    );
  }

  async write(changes: readonly RecordChange[]): Promise<void> {
    const encoded = changes.map(({ key, value }) => {
      return { key, value: value === undefined ? null : encode(value, this.#marker) };
    });
    const blobs = encoded.flatMap(({ value }) => value?.blobs ?? []);
    return this.#begin({ changes: encoded, blobs, done: deferred() });
  }

  clear(): Promise<void> {
    return this.#begin({ changes: null, blobs: [], done: deferred() });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#working;
    await this.#journal.close();
  }

  async #load([first, ...lines]: string[]): Promise<void> {
    const { account, path, blobs } = this.#parts;
    if (first === undefined) {
      this.#marker = randomUUID();
      await this.#journal.append([this.#header()]);
    } else {
      const header = parsed(first);
      if (header.parley !== 1 || header.account !== account)
        throw new Error(`${path} is something else than records`);
      this.#marker = String(header.marker);
    }
    for (const [at, line] of lines.entries()) {
      const { write } = parsed(line);
      if (!Array.isArray(write)) throw new Error(`${path} is damaged at line ${at + 2}`);
      for (const [key, value] of write as [string, unknown][]) this.#apply(key, this.#read(value));
    }
    // What a crash has left.
    const used = new Set(this.#values.list('').flatMap(([, { files }]) => files));
    const there = await readdir(blobs).catch(() => []);
    for (const file of there) if (!used.has(file)) await rm(join(blobs, file), { force: true });
  }

  #read(value: unknown): Encoded | null {
    if (value === undefined) return null;
    const text = JSON.stringify(value);
    return { text, files: filesOf(text, this.#marker).map(({ file }) => file) };
  }

  /** Puts it in memory; answers the files that nobody needs any more. */
  #apply(key: string, value: Encoded | null): readonly string[] {
    const before = this.#values.get(key);
    if (before) this.#live -= sizeOf(key, before);
    if (value) {
      this.#live += sizeOf(key, value);
      // Its Blobs themselves are not held.
      this.#values.set(key, { text: value.text, files: value.files });
    } else {
      this.#values.delete(key);
    }
    return before?.files ?? [];
  }

  #begin(pending: Pending): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('The records are closed'));
    this.#pending.push(pending);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
    // Whoever asked hears of it; a reader only waits.
    return quiet(pending.done.promise);
  }

  async #work(): Promise<void> {
    while (this.#pending.length > 0) {
      const [first] = this.#pending;
      const together = first?.changes ? this.#pending.findIndex(({ changes }) => !changes) : 1;
      const batch = this.#pending.splice(0, together < 0 ? this.#pending.length : together);
      try {
        this.#parts.check();
        await (first?.changes ? this.#append(batch) : this.#wipe());
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
  }

  async #append(batch: readonly Pending[]): Promise<void> {
    const blobs = batch.flatMap((pending) => pending.blobs);
    try {
      for (const blob of blobs) await storeBlob(this.#parts.blobs, blob);
      await this.#journal.append(batch.map(({ changes }) => lineOf(changes ?? [])));
    } catch (error) {
      await removeBlobs(
        this.#parts.blobs,
        blobs.map(({ file }) => file),
      );
      throw error;
    }
    const over = batch.flatMap(
      ({ changes }) => changes?.flatMap(({ key, value }) => this.#apply(key, value)) ?? [],
    );
    await removeBlobs(this.#parts.blobs, over);
    if (this.#journal.size < Math.max(smallest, 2 * this.#live)) return;
    // Where it does not succeed the journal stays as it is, and the next write tries again.
    await this.#journal.replace(this.#lines()).catch(() => {});
  }

  async #wipe(): Promise<void> {
    await this.#journal.replace([this.#header()]);
    this.#values.clear();
    this.#live = 0;
    await rm(this.#parts.blobs, { recursive: true, force: true });
  }

  #lines(): string[] {
    const lines = this.#values.list('').map(([key, value]) => lineOf([{ key, value }]));
    return [this.#header(), ...lines];
  }

  #header(): string {
    return JSON.stringify({ parley: 1, account: this.#parts.account, marker: this.#marker });
  }

  #decode(value: Encoded): Promise<RecordValue> {
    return decode(value, this.#marker, (file, type) => openAsBlob(join(this.#parts.blobs, file), { type }));
  }

  async #settled(): Promise<void> {
    if (this.#closed) throw new Error('The records are closed');
    const last = this.#pending.at(-1)?.done.promise ?? this.#working;
    await last?.catch(() => {});
  }
}
