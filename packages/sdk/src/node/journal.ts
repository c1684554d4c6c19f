/**
 * A file of lines, each of which is there as a whole or not at all: one that a crash has torn is the last, and is cut off when the file
 * is opened again. What is appended is on the disk when the promise resolves.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const newline = 0x0a;

export class Journal {
  readonly #path: string;
  #file: FileHandle;
  /** Bytes of whole lines. */
  #size: number;
  #broken: Error | null = null;

  private constructor(path: string, file: FileHandle, size: number) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
  }

  /** Opens it, makes it if need be, and answers its lines. */
  static async open(path: string): Promise<{ journal: Journal; lines: string[] }> {
    await rm(temporaryOf(path), { force: true });
    const file = await open(path, 'a+', 0o600);
    try {
      const bytes = await file.readFile();
      const size = bytes.lastIndexOf(newline) + 1;
      if (size < bytes.length) await file.truncate(size);
      if (bytes.length === 0) await syncFolder(path);
      const lines = bytes.toString('utf8', 0, size).split('\n').slice(0, -1);
      return { journal: new Journal(path, file, size), lines };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  async append(lines: readonly string[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    const bytes = bytesOf(lines);
    try {
      await this.#file.appendFile(bytes);
      await this.#file.sync();
      this.#size += bytes.length;
    } catch (error) {
      // A part of it may be there, and would be taken for the beginning of the next line.
      await this.#file.truncate(this.#size).catch((cause) => {
        this.#broken = new Error('The journal cannot be written any more: open it again', { cause });
      });
      throw error;
    }
  }

  /** Puts other lines in the place of all: after a crash there are these or those. */
  async replace(lines: readonly string[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    const temporary = temporaryOf(this.#path);
    const bytes = bytesOf(lines);
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
      await rename(temporary, this.#path);
    } catch (error) {
      await file.close();
      await rm(temporary, { force: true });
      throw error;
    }
    await this.#file.close();
    await file.close();
    this.#file = await open(this.#path, 'a', 0o600);
    this.#size = bytes.length;
    await syncFolder(this.#path);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function bytesOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

function temporaryOf(path: string): string {
  return `${path}.tmp`;
}

/** Names of files are kept by their folder, which has to be written too. Not everywhere can a folder be opened. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path)).catch(() => null);
  if (!folder) return;
  await folder.sync().catch(() => {});
  await folder.close();
}
