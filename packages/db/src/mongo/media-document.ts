/** Files as MongoDB holds them (PRD 5.2, with the names that the rest of the project has for them), and their indexes. */
import type { MediaRecord } from '@parley/core';
import type { NamedIndex } from './ensure-indexes.ts';

export interface MediaDocument extends Omit<MediaRecord, 'created_at'> {
  created_at: Date;
  /** When the clean-up looks whether anything refers to it. A doomed one is due since 1970. */
  check_at: Date;
  /** When something was last about to refer to it. */
  claimed_at: Date | null;
  /** Raised by whatever makes an earlier look at it worthless: a claim, a release, a thumbnail that came. */
  revision: number;
  /** It is being deleted: nothing can refer to it any more, only its objects may still be there. */
  doomed: boolean;
}

export const mediaCollection = 'media';

/** Names by which queries tell the indexes. */
export const mediaIndexes = { id: 'media_id', check: 'check_at', processing: 'processing' } as const;

/** MongoDB takes the partial index only where the query says itself what the index holds. */
export const processing = { status: 'processing', doomed: false } as const;

export const indexesOfMedia: readonly NamedIndex[] = [
  { name: mediaIndexes.id, key: { media_id: 1 }, unique: true },
  { name: mediaIndexes.check, key: { check_at: 1 } },
  { name: mediaIndexes.processing, key: { created_at: 1 }, partialFilterExpression: processing },
];

export function toDocument(media: MediaRecord, checkAt: string): MediaDocument {
  return {
    ...media,
    created_at: new Date(media.created_at),
    check_at: new Date(checkAt),
    claimed_at: null,
    revision: 0,
    doomed: false,
  };
}

export function toMedia(document: MediaDocument): MediaRecord {
  return {
    media_id: document.media_id,
    uploader_id: document.uploader_id,
    type: document.type,
    is_avatar: document.is_avatar,
    mime_type: document.mime_type,
    size_bytes: document.size_bytes,
    width: document.width,
    height: document.height,
    duration_ms: document.duration_ms,
    filename: document.filename,
    sha256: document.sha256,
    object_key: document.object_key,
    thumbnail_key: document.thumbnail_key,
    status: document.status,
    created_at: document.created_at.toISOString(),
  };
}
