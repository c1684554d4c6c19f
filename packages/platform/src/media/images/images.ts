/** Images that people upload (contract section 2, Media): kept in a temporary file, looked into by another process, then given to whoever stores them. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { AppError, type ImageFound, type MediaTools } from '@parley/core';
import { keepError } from '../../objects/bytes.ts';
import { type ImageLook, imageFormats } from './job.ts';
import type { ImagePool } from './pool.ts';
import { keep, readWhole, type TemporaryFiles, type TemporaryFolder } from './temporary.ts';

export class Images {
  readonly #folder: TemporaryFolder;
  readonly #pool: ImagePool;

  constructor(folder: TemporaryFolder, pool: ImagePool) {
    this.#folder = folder;
    this.#pool = pool;
  }

  /** See `MediaTools.image`. Errors besides those: `SERVICE_UNAVAILABLE`, and whatever `body` or `use` fails with, as it is. */
  image: MediaTools['image'] = async (file, body, use) => {
    keepError(body);
    const format = imageFormats[file.mimeType];
    if (!format) {
      body.destroy();
      throw new AppError('MEDIA_INVALID_TYPE', 'An image may be JPEG, PNG, WebP or GIF');
    }
    const files = await this.#filesFor(body);
    try {
      const incomingPath = files.path('incoming');
      await keep(incomingPath, body);
      const kind = file.avatar ? 'avatar' : 'image';
      const look = await this.#pool.look({ kind, format, incomingPath, ...paths(files) }, file.owner);
      return await withStreams(async (open) => {
        const found = file.avatar ? avatarFound(look, files, open) : await imageFound(look, files, open);
        return use(found);
      });
    } finally {
      await files.remove();
    }
  };

  /** The thumbnail of a PNG file that was made here, of a frame of a video for example. Errors: as with images. */
  async thumbnailOf(png: string): Promise<{ body: Buffer; mimeType: string }> {
    const files = await this.#folder.files();
    try {
      const look = await this.#pool.look({
        kind: 'image',
        format: 'png',
        incomingPath: null,
        ...paths(files),
        sourcePath: png,
      });
      return { body: await readWhole(files.path('small')), mimeType: look.small.mimeType };
    } finally {
      await files.remove();
    }
  }

  async #filesFor(body: Readable): Promise<TemporaryFiles> {
    try {
      return await this.#folder.files();
    } catch (error) {
      body.destroy();
      throw error;
    }
  }
}

type Open = (path: string) => Readable;

function paths(files: TemporaryFiles) {
  return {
    sourcePath: files.path('source'),
    uprightPath: files.path('upright'),
    smallPath: files.path('small'),
  };
}

async function imageFound(
  { width, height, source, upright, small }: ImageLook,
  files: TemporaryFiles,
  open: Open,
): Promise<ImageFound> {
  const written = upright ?? source;
  if (!written) throw new Error('an image process did not say what it wrote');
  const path = files.path(upright ? 'upright' : 'source');
  const thumbnail = { body: await readWhole(files.path('small')), mimeType: small.mimeType };
  return { width, height, ...written, body: () => open(path), thumbnail };
}

function avatarFound({ width, height, small }: ImageLook, files: TemporaryFiles, open: Open): ImageFound {
  return { width, height, ...small, body: () => open(files.path('small')), thumbnail: null };
}

/** Whoever stores an image may fail while it reads: no stream is left open on a file that goes. */
async function withStreams<T>(work: (open: Open) => Promise<T>): Promise<T> {
  const opened: Readable[] = [];
  try {
    return await work((path) => {
      const stream = createReadStream(path);
      keepError(stream);
      opened.push(stream);
      return stream;
    });
  } finally {
    for (const stream of opened) stream.destroy();
  }
}
