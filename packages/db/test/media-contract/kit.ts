/** What the parts of the media stores' contract suite share. */
import { createHash, randomUUID } from 'node:crypto';
import type { MediaRecord, MediaStore } from '@parley/core';
import { expect } from 'vitest';

/** What a part of the suite works with. */
export interface MediaKit {
  /** Of the running test. */
  readonly store: MediaStore;
  /** One more instance, as another process would have it. */
  open(): MediaStore;
}

export const minute = 60_000;
export const hour = 60 * minute;
export const begin = Date.parse('2026-03-01T09:12:44.310Z');
/** A point in time, milliseconds after the tests' beginning. */
export const at = (ms: number): string => new Date(begin + ms).toISOString();

export function file(more: Partial<MediaRecord> = {}): MediaRecord {
  const media_id = randomUUID();
  return {
    media_id,
    uploader_id: randomUUID(),
    type: 'video',
    is_avatar: false,
    mime_type: 'video/mp4',
    size_bytes: 0,
    width: null,
    height: null,
    duration_ms: null,
    filename: null,
    sha256: createHash('sha256').update(media_id).digest('hex'),
    object_key: `media/${media_id}`,
    thumbnail_key: null,
    status: 'processing',
    created_at: at(0),
    ...more,
  };
}

/** Those of the files that are due then, in the order in which they are; other tests' are passed over. */
export async function dueOf(store: MediaStore, files: readonly MediaRecord[], ms: number) {
  const ids = new Set(files.map(({ media_id }) => media_id));
  return (await store.due(at(ms), 10_000)).filter(({ media }) => ids.has(media.media_id));
}

/** What the clean-up saw of these files, which are due. */
export async function found(store: MediaStore, files: readonly MediaRecord[], ms: number) {
  const checks = await dueOf(store, files, ms);
  expect(checks).toHaveLength(files.length);
  return checks.map(({ media, revision }) => ({ mediaId: media.media_id, revision }));
}

/** When the file is looked at next, in milliseconds, of those asked about; undefined for later. */
export async function dueFrom(store: MediaStore, media: MediaRecord, times: readonly number[]) {
  for (const ms of times) if ((await dueOf(store, [media], ms)).length > 0) return ms;
  return undefined;
}
