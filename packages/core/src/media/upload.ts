/** Taking in files for messages (contract section 2, Media). */
import type { Readable } from 'node:stream';
import { limits, type Media, type MediaType } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { makeEvent, newContext } from '../lib/events.ts';
import { newId } from '../lib/ids.ts';
import { plainCharacters } from '../lib/names.ts';
import { isoTime } from '../lib/times.ts';
import type { AcceptedFile, MediaRecord } from '../ports/stores.ts';
import { type KeepParts, keepFile, putHashed, streamOf } from './keep.ts';
import { mediaView } from './view.ts';

type Parts = KeepParts & Pick<Core, 'mediaTools' | 'mediaLinks' | 'bus'>;

export interface Upload {
  body: Readable;
  /** What it was called; only its last part is used. */
  filename: string | null;
  /** Null where the field `type` stands behind the file: then the bytes decide, and must agree with what comes. */
  type: MediaType | null;
  /** The field `type`, once the whole request was read. Errors: `VALIDATION_ERROR`. */
  declared(): Promise<MediaType>;
}

/**
 * Stores a file as it comes: memory does not grow with it. Answers once all of it is safe; a video or sound is then looked into by a
 * worker, an image already was. Errors: `MEDIA_INVALID_TYPE`, `MEDIA_TOO_LARGE`, those of `declared`, `SERVICE_UNAVAILABLE`; nothing is kept then.
 */
export async function uploadMedia(core: Parts, caller: Caller, upload: Upload): Promise<Media> {
  const filename = cleanFilename(upload.filename);
  const accepted = await core.mediaTools.receive(upload.body, { type: upload.type, filename });
  const { type, mimeType } = accepted;
  const draft = draftOf(newId(), caller.userId, type, mimeType, filename, core.clock.now());
  const agree = async () => {
    if ((await upload.declared()) !== type) {
      throw new AppError('MEDIA_INVALID_TYPE', `This file is of type ${type}`);
    }
  };
  const record = await keepFile(core, draft, () =>
    type === 'image' ? storeImage(core, draft, accepted, agree) : storeFile(core, draft, accepted, agree),
  );
  if (record.status === 'processing') await announce(core, caller, record);
  return mediaView(core, record);
}

async function storeImage(
  core: Parts,
  draft: MediaRecord,
  accepted: AcceptedFile,
  agree: () => Promise<void>,
): Promise<Partial<MediaRecord>> {
  const file = { mimeType: accepted.mimeType, owner: draft.uploader_id };
  return core.mediaTools.image(file, accepted.body, async (found) => {
    await agree();
    const { thumbnail } = found;
    await Promise.all([
      core.objects.put(draft.object_key, found.body(), { contentType: found.mimeType }),
      thumbnail && draft.thumbnail_key !== null
        ? core.objects.put(draft.thumbnail_key, streamOf(thumbnail.body), { contentType: thumbnail.mimeType })
        : undefined,
    ]);
    return {
      mime_type: found.mimeType,
      size_bytes: found.sizeBytes,
      sha256: found.sha256,
      width: found.width,
      height: found.height,
      thumbnail_key: thumbnail ? draft.thumbnail_key : null,
    };
  });
}

async function storeFile(
  core: Parts,
  draft: MediaRecord,
  accepted: AcceptedFile,
  agree: () => Promise<void>,
): Promise<Partial<MediaRecord>> {
  const { object_key, type, filename } = draft;
  const { mimeType } = accepted;
  const stored = await putHashed(core, object_key, accepted.body, mimeType);
  await agree();
  const file = { type, mimeType, sizeBytes: stored.size_bytes, filename };
  await core.mediaTools.verify(file, async (start, end) => {
    const part = await core.objects.get(object_key, { start, end });
    if (!part) throw new Error('a file that was just stored is not there');
    return part.body;
  });
  const later = type === 'video' || type === 'audio';
  // Where a worker finds out more, its thumbnail goes to the place that was noted before.
  return { ...stored, status: later ? 'processing' : 'ready', thumbnail_key: null };
}

/** What is noted of a file before its first byte is stored; nobody is told its id until all is known. */
export function draftOf(
  id: string,
  uploaderId: string,
  type: MediaType,
  mimeType: string,
  filename: string | null,
  now: number,
): MediaRecord {
  return {
    media_id: id,
    uploader_id: uploaderId,
    type,
    is_avatar: false,
    mime_type: mimeType,
    size_bytes: 0,
    width: null,
    height: null,
    duration_ms: null,
    filename,
    sha256: '0'.repeat(64),
    object_key: `media/${id}`,
    thumbnail_key: thumbnailKeyOf(id),
    status: 'ready',
    created_at: isoTime(now),
  };
}

/** Where a file's thumbnail is, if it has one. */
export function thumbnailKeyOf(mediaId: string): string {
  return `thumbnails/${mediaId}`;
}

/** Without folders, control characters and marks that turn the direction of text; null where nothing is left. */
export function cleanFilename(given: string | null): string | null {
  if (given === null) return null;
  const name = plainCharacters(given.split(/[/\\]/).at(-1) ?? '')
    .join('')
    .trim();
  if (name === '' || name === '.' || name === '..') return null;
  const points = Array.from(name);
  if (points.length <= limits.filename) return name;
  // What says its kind is kept.
  const ending = /\.[^.]{1,16}$/u.exec(name)?.[0] ?? '';
  return points.slice(0, limits.filename - Array.from(ending).length).join('') + ending;
}

/** Asks for a look into it. Where the bus is away, the sweep for files that wait finds it. */
async function announce(core: Parts, caller: Caller, record: MediaRecord): Promise<void> {
  const { media_id, uploader_id, type, mime_type, size_bytes } = record;
  const payload = { media_id, uploader_id, type, mime_type, size_bytes };
  const event = makeEvent('media.uploaded', newContext(caller), payload, core.clock.now());
  // Nobody waits for the look itself, which on a bus of this process is part of publishing.
  core.bus.publish([event]).catch((error) => {
    core.log.warn({ err: error, media_id }, 'a file waits for the sweep to be looked into');
  });
}
