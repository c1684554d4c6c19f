/** Putting files where they stay, so that a crash at any moment leaves none that nobody knows of. */
import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { limits } from '@parley/contract';
import type { Core } from '../context.ts';
import { isUnavailable } from '../error.ts';
import { isoTime } from '../lib/times.ts';
import type { MediaRecord } from '../ports/stores.ts';

/** Milliseconds in which an upload is over, one way or the other. */
const uploadMs = 2 * 3_600_000;

export type KeepParts = Pick<Core, 'media' | 'objects' | 'clock' | 'log'>;

/** When a file is looked at that nothing may refer to until then. */
export function orphanCheck(now: number): string {
  return isoTime(now + limits.orphanSeconds * 1000);
}

/**
 * Makes the file known before any of its bytes are stored, lets `store` put them where `draft` says, and makes it what `store` found. Where
 * `store` fails, what it put is deleted; where even that fails, the clean-up does it. Errors: those of `store`.
 */
export async function keepFile(
  core: KeepParts,
  draft: MediaRecord,
  store: () => Promise<Partial<MediaRecord>>,
): Promise<MediaRecord> {
  const { media_id, object_key, thumbnail_key } = draft;
  await core.media.add(draft, isoTime(core.clock.now() + uploadMs));
  try {
    const record = { ...draft, ...(await store()) };
    await core.media.add(record, orphanCheck(core.clock.now()));
    return record;
  } catch (error) {
    const keys = thumbnail_key === null ? [object_key] : [object_key, thumbnail_key];
    // What is known of it goes with the clean-up, and what this leaves does too.
    const removed = core.objects.delete(keys).catch((problem) => {
      core.log.warn({ err: problem, media_id }, 'a refused file is left to the clean-up');
    });
    // Where a store is away, the answer must not wait for it a second time.
    if (!isUnavailable(error)) await removed;
    throw error;
  }
}

/** Stores the stream as it comes, and says how many bytes it had and their SHA-256. Errors: those of the stream, and of the store. */
export async function putHashed(
  core: Pick<Core, 'objects'>,
  key: string,
  body: Readable,
  contentType: string,
): Promise<{ size_bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  // The error of the stream is the one to answer: the store only learns that it ended early.
  const [copied, stored] = await Promise.allSettled([
    pipeline(body, counted),
    core.objects.put(key, counted, { contentType }),
  ]);
  if (copied.status === 'rejected' && stored.status === 'rejected')
    throw firstCause(copied.reason, stored.reason);
  if (stored.status === 'rejected') throw stored.reason;
  if (copied.status === 'rejected') throw copied.reason;
  return { size_bytes: size, sha256: hash.digest('hex') };
}

/** Of the two failures of a pipe the one that began it: the other end only learns that it was closed. */
function firstCause(ofStream: unknown, ofStore: unknown): unknown {
  const code = (ofStream as NodeJS.ErrnoException).code;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR' ? ofStore : ofStream;
}

/** The whole of a small thing, as the store wants it. */
export function streamOf(bytes: Buffer): Readable {
  return Readable.from([bytes], { objectMode: false });
}
