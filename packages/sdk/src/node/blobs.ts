/** Files that hold the `Blob`s of records. */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobFile } from './encoding.ts';

/** Writes one; it is on the disk when the promise resolves. */
export async function storeBlob(folder: string, { file, blob }: BlobFile): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const handle = await open(join(folder, file), 'wx', 0o600);
  try {
    for await (const piece of blob.stream()) await handle.appendFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** One that cannot be removed now is when the folder is opened the next time. */
export async function removeBlobs(folder: string, files: readonly string[]): Promise<void> {
  for (const file of files) await rm(join(folder, file), { force: true }).catch(() => {});
}
