/** What is known of files, on PostgreSQL. The statements that claims and the clean-up meet in are told in `media/cleaning.ts`. */
import { BatchLoader, type MediaCheck, type MediaRecord, type MediaStore } from '@parley/core';
import { claimSql, doomSql, keepSql, releaseSql, removeSql } from './media/cleaning.ts';
import { columns, type MediaRow, toMedia } from './media/rows.ts';
import type { Sql } from './sql.ts';

const insertSql = `
  INSERT INTO media (${columns}, check_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  ON CONFLICT (media_id) DO UPDATE SET
    type = excluded.type, mime_type = excluded.mime_type, size_bytes = excluded.size_bytes, width = excluded.width,
    height = excluded.height, duration_ms = excluded.duration_ms, filename = excluded.filename, sha256 = excluded.sha256,
    object_key = excluded.object_key, thumbnail_key = excluded.thumbnail_key, status = excluded.status,
    check_at = excluded.check_at, revision = media.revision + 1
  WHERE NOT media.doomed`;

/** What was found makes an earlier look worthless: who looked before does not know of the thumbnail. */
const completeSql = `
  UPDATE media SET width = $2, height = $3, duration_ms = $4, thumbnail_key = $5, status = 'ready', revision = revision + 1
  WHERE media_id = $1 AND status = 'processing' AND NOT doomed
  RETURNING ${columns}`;

type Checks = Parameters<MediaStore['keep']>[0];

export class PostgresMediaStore implements MediaStore {
  readonly #sql: Sql;
  readonly #loader: BatchLoader<string, MediaRecord>;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#loader = new BatchLoader((ids) => this.#load(ids));
  }

  async add(media: MediaRecord, checkAt: string): Promise<void> {
    await this.#sql.rows('media-add', insertSql, [
      media.media_id,
      media.uploader_id,
      media.type,
      media.is_avatar,
      media.mime_type,
      media.size_bytes,
      media.width,
      media.height,
      media.duration_ms,
      media.filename,
      media.sha256,
      media.object_key,
      media.thumbnail_key,
      media.status,
      media.created_at,
      checkAt,
    ]);
  }

  async byIds(ids: readonly string[]): Promise<Map<string, MediaRecord>> {
    const found = await Promise.all([...new Set(ids)].map((id) => this.#loader.load(id)));
    return new Map(found.flatMap((media) => (media ? [[media.media_id, media] as const] : [])));
  }

  async #load(ids: string[]): Promise<Map<string, MediaRecord>> {
    const rows = await this.#sql.rows<MediaRow>(
      'media-by-ids',
      `SELECT ${columns} FROM media WHERE media_id = ANY($1::uuid[]) AND NOT doomed`,
      [ids],
    );
    return byId(rows);
  }

  async claim(ids: readonly string[], now: string, checkAt: string): Promise<Map<string, MediaRecord>> {
    if (ids.length === 0) return new Map();
    return byId(await this.#sql.rows<MediaRow>('media-claim', claimSql, [ids, now, checkAt]));
  }

  async release(ids: readonly string[], checkAt: string, settleSeconds: number): Promise<void> {
    if (ids.length === 0) return;
    await this.#sql.rows('media-release', releaseSql, [ids, checkAt, settleSeconds]);
  }

  async complete(...[id, found]: Parameters<MediaStore['complete']>): Promise<MediaRecord | undefined> {
    const { width, height, duration_ms, thumbnail_key } = found;
    const values = [id, width, height, duration_ms, thumbnail_key];
    const [row] = await this.#sql.rows<MediaRow>('media-complete', completeSql, values);
    return row && toMedia(row);
  }

  async unprocessed(before: string, limit: number): Promise<MediaRecord[]> {
    const rows = await this.#sql.rows<MediaRow>(
      'media-unprocessed',
      `SELECT ${columns} FROM media WHERE status = 'processing' AND NOT doomed AND created_at <= $1
       ORDER BY created_at LIMIT $2`,
      [before, limit],
    );
    return rows.map(toMedia);
  }

  async due(now: string, limit: number): Promise<MediaCheck[]> {
    // Doomed ones are due since 1970.
    const rows = await this.#sql.rows<MediaRow & { revision: number; doomed: boolean }>(
      'media-due',
      `SELECT ${columns}, revision, doomed FROM media WHERE check_at <= $1 ORDER BY check_at LIMIT $2`,
      [now, limit],
    );
    return rows.map((row) => ({ media: toMedia(row), revision: row.revision, doomed: row.doomed }));
  }

  async keep(checks: Checks, checkAt: string): Promise<void> {
    if (checks.length === 0) return;
    await this.#sql.rows('media-keep', keepSql, [...seenOf(checks), checkAt]);
  }

  async doom(checks: Checks): Promise<Set<string>> {
    if (checks.length === 0) return new Set();
    const rows = await this.#sql.rows<{ media_id: string }>('media-doom', doomSql, seenOf(checks));
    return new Set(rows.map(({ media_id }) => media_id));
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#sql.rows('media-remove', removeSql, [ids]);
  }
}

function byId(rows: readonly MediaRow[]): Map<string, MediaRecord> {
  return new Map(rows.map((row) => [row.media_id, toMedia(row)]));
}

function seenOf(checks: Checks): [ids: string[], revisions: number[]] {
  return [checks.map(({ mediaId }) => mediaId), checks.map(({ revision }) => revision)];
}
