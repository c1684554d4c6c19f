/** Files as PostgreSQL gives them. */
import type { MediaRecord } from '@parley/core';

/** Columns of a `MediaRecord`. */
export const columns =
  'media_id, uploader_id, type, is_avatar, mime_type, size_bytes, width, height, duration_ms, filename, sha256, object_key, thumbnail_key, status, created_at';

export type MediaRow = Omit<MediaRecord, 'created_at'> & { created_at: Date };

export function toMedia(row: MediaRow): MediaRecord {
  return {
    media_id: row.media_id,
    uploader_id: row.uploader_id,
    type: row.type,
    is_avatar: row.is_avatar,
    mime_type: row.mime_type,
    size_bytes: row.size_bytes,
    width: row.width,
    height: row.height,
    duration_ms: row.duration_ms,
    filename: row.filename,
    sha256: row.sha256,
    object_key: row.object_key,
    thumbnail_key: row.thumbnail_key,
    status: row.status,
    created_at: row.created_at.toISOString(),
  };
}
