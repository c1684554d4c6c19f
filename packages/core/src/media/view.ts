/** Files as those who may read them see them (contract section 2, Media). */
import type { Media } from '@parley/contract';
import type { Core } from '../context.ts';
import type { MediaRecord } from '../ports/stores.ts';

type MediaViewParts = Pick<Core, 'media' | 'mediaLinks'>;

/** The file with fresh addresses. Documents are downloads of their name; pictures and sounds can be shown in place. */
export async function mediaView(core: Pick<Core, 'mediaLinks'>, record: MediaRecord): Promise<Media> {
  const { media_id, type, mime_type, size_bytes, width, height, duration_ms, filename, status } = record;
  const name = type === 'document' ? (filename ?? undefined) : undefined;
  const [url, thumbnail_url] = await Promise.all([
    core.mediaLinks.of(record.object_key, name),
    record.thumbnail_key === null ? null : core.mediaLinks.of(record.thumbnail_key),
  ]);
  return {
    media_id,
    type,
    mime_type,
    size_bytes,
    width,
    height,
    duration_ms,
    filename,
    url,
    thumbnail_url,
    status,
  };
}

/** The same for several, by id, at the cost of one look; what is not there is left out. */
export async function mediaViews(core: MediaViewParts, ids: readonly string[]): Promise<Map<string, Media>> {
  if (ids.length === 0) return new Map();
  const records = [...(await core.media.byIds([...new Set(ids)])).values()];
  return new Map(
    await Promise.all(
      records.map(async (record) => [record.media_id, await mediaView(core, record)] as const),
    ),
  );
}

/** The file that a message carries; null for none, also after its deletion emptied it. */
export function mediaIdOf(message: { payload: object }): string | null {
  const { payload } = message;
  return 'media_id' in payload && typeof payload.media_id === 'string' ? payload.media_id : null;
}

/** The files that these messages carry, by id, at the cost of one look. */
export function mediaOfAll(
  core: MediaViewParts,
  messages: readonly { payload: object }[],
): Promise<Map<string, Media>> {
  return mediaViews(
    core,
    messages.flatMap((message) => mediaIdOf(message) ?? []),
  );
}

/** The file of a message, of those that were looked up. */
export function mediaOf(message: { payload: object }, media: ReadonlyMap<string, Media>): Media | null {
  return media.get(mediaIdOf(message) ?? '') ?? null;
}
