/** Files of this computer, to upload them: read piece by piece, so that memory does not grow with them. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileSource } from '../media/types.ts';

/** What is said of a file. */
export interface FileOptions {
  /** What it is called; by default the last part of its path. */
  filename?: string | undefined;
  /** MIME type; by default what the name says. */
  type?: string | undefined;
}

/** Bytes that are read at a time. */
const pieceBytes = 64 * 1024;

/**
 * A file by its path, or an open one, for `client.media.upload` and all else that takes a file. A path is opened anew whenever it is
 * read, and closed after that; a handle is read from its beginning, wherever it stands, and stays open. Rejects with the error of
 * `node:fs` where it cannot be read, and with a `TypeError` for what is no file. It must not change while it is uploaded.
 */
export async function fileFrom(
  file: string | URL | FileHandle,
  { filename, type }: FileOptions = {},
): Promise<FileSource> {
  if (isHandle(file))
    return sourceOf(file, filename ?? '', type, async () => ({ handle: file, close: null }));
  const path = file instanceof URL ? fileURLToPath(file) : file;
  const handle = await open(path);
  try {
    return await sourceOf(handle, filename ?? basename(path), type, async () => {
      const opened = await open(path);
      return { handle: opened, close: () => opened.close() };
    });
  } finally {
    await handle.close();
  }
}

interface Opened {
  readonly handle: FileHandle;
  readonly close: (() => Promise<void>) | null;
}

async function sourceOf(
  handle: FileHandle,
  name: string,
  type: string | undefined,
  again: () => Promise<Opened>,
): Promise<FileSource> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new TypeError('Only a file can be uploaded');
  return { size: stats.size, name, type: type ?? '', stream: () => read(again) };
}

function read(again: () => Promise<Opened>): ReadableStream<Uint8Array> {
  let opened: Promise<Opened> | null = null;
  let at = 0;
  const close = async () => {
    const done = opened;
    opened = null;
    await (await done)?.close?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        opened ??= again();
        try {
          const { handle } = await opened;
          const { bytesRead, buffer } = await handle.read(new Uint8Array(pieceBytes), 0, pieceBytes, at);
          at += bytesRead;
          if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
          await close();
          controller.close();
        } catch (error) {
          await close().catch(() => {});
          throw error;
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}

function isHandle(file: string | URL | FileHandle): file is FileHandle {
  return typeof file === 'object' && 'fd' in file;
}
