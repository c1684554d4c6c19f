/** Files in memory: what is known of them, tools that take everything as it comes, and a folder for the bytes. */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { MediaType } from '@parley/contract';
import {
  AppError,
  type Clock,
  type DeviceTokenStore,
  type MediaRecord,
  type MediaStore,
  type MediaTools,
} from '@parley/core';
import { FileObjectStore, verifyObjectUrl } from '@parley/platform';
import { unused } from '../../../../tests/support/unused.ts';

export class FakeMedia implements MediaStore {
  readonly byId = new Map<string, MediaRecord>();

  async add(media: MediaRecord) {
    this.byId.set(media.media_id, media);
  }

  async byIds(ids: readonly string[]) {
    return new Map(ids.flatMap((id) => (this.byId.has(id) ? [[id, this.byId.get(id) as MediaRecord]] : [])));
  }

  claim(ids: readonly string[]) {
    return this.byIds(ids);
  }

  async release() {}

  readonly complete = unused;
  readonly unprocessed = unused;
  readonly due = unused;
  readonly keep = unused;
  readonly doom = unused;
  readonly remove = unused;
}

/** By its first byte: `i` for an image, and so on. A file that begins with `x` is none that is accepted. */
const byFirstByte: Record<string, [MediaType, string]> = {
  i: ['image', 'image/png'],
  v: ['video', 'video/mp4'],
  a: ['audio', 'audio/mpeg'],
  d: ['document', 'text/plain'],
};

/** Takes everything as it comes: what the real ones look for is none of the API's business. */
export class FakeTools implements MediaTools {
  /** What `receive` was told. */
  readonly claims: { type: MediaType | null; filename: string | null }[] = [];

  async receive(body: Readable, claim: { type: MediaType | null; filename: string | null }) {
    this.claims.push(claim);
    const first = await firstChunk(body);
    const [type, mimeType] = byFirstByte[String.fromCharCode(first?.[0] ?? 0)] ?? [];
    if (type === undefined || mimeType === undefined || (claim.type !== null && claim.type !== type)) {
      throw new AppError('MEDIA_INVALID_TYPE');
    }
    return { type, mimeType, body };
  }

  async verify() {}

  async image<T>(
    file: { mimeType: string },
    body: Readable,
    use: Parameters<MediaTools['image']>[2],
  ): Promise<T> {
    const bytes = await buffer(body);
    const found = {
      width: 4,
      height: 3,
      mimeType: file.mimeType,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      body: () => Readable.from([bytes], { objectMode: false }),
      thumbnail: null,
    };
    return (await use(found)) as T;
  }

  readonly footage = unused;
}

/** Looks at the beginning of a stream and leaves it whole. */
async function firstChunk(body: Readable): Promise<Buffer | null> {
  while (!body.destroyed) {
    const chunk: Buffer | null = body.read();
    if (chunk !== null) body.unshift(chunk);
    if (chunk !== null || body.readableEnded) return chunk;
    await Promise.race(['readable', 'end', 'close'].map((event) => once(body, event)));
  }
  throw body.errored ?? new Error('it was closed');
}

export class FakeDevices implements DeviceTokenStore {
  readonly bySession = new Map<string, { userId: string; token: string; platform: string }>();

  async register({ sessionId, ...device }: Parameters<DeviceTokenStore['register']>[0]) {
    this.bySession.set(sessionId, device);
  }

  async remove(_userId: string, sessionId: string) {
    return this.bySession.delete(sessionId);
  }

  readonly of = unused;
  readonly drop = unused;
  readonly expire = unused;
}

/** The folder engine in a folder of its own. */
export class TestObjects extends FileObjectStore {
  readonly dir: string;
  readonly #secret: string;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    // `start` makes it: many tests need none.
    const dir = join(tmpdir(), `parley-api-${randomUUID()}`);
    const signingSecret = 'a secret for addresses';
    super(dir, { signingSecret, baseUrl: '', clock });
    this.dir = dir;
    this.#secret = signingSecret;
    this.#clock = clock;
  }

  readonly verify = (key: string, query: URLSearchParams) =>
    verifyObjectUrl(this.#secret, key, query, this.#clock.now());

  /** Files in the folder, finished and not. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.dir, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
