/** Looking into videos and sounds after their upload (contract section 2, Media; section 5, `media.uploaded`). Done by workers. */
import { randomUUID } from 'node:crypto';
import type { Core } from '../context.ts';
import { makeEvent } from '../lib/events.ts';
import { derivedId } from '../lib/ids.ts';
import { isoTime } from '../lib/times.ts';
import { applyChanges, type ChangeParts } from '../messages/changes.ts';
import type { FootageFound, MediaRecord } from '../ports/stores.ts';
import { streamOf } from './keep.ts';
import { thumbnailKeyOf } from './upload.ts';

type Parts = ChangeParts & Pick<Core, 'media' | 'mediaTools' | 'objects' | 'bus'>;

/** Messages that are told of together, and of how many at most: somebody forwarded it widely within seconds. */
const perCommit = 100;
const mostCarriers = 1_000;

const nothing: FootageFound = { width: null, height: null, durationMs: null, thumbnail: null };

/**
 * Finds size, duration and first picture, makes the file ready, and tells those who have it. Whatever is in the file, it becomes ready. May
 * be called again for the same file. Errors: `SERVICE_UNAVAILABLE`.
 */
export async function processMedia(core: Parts, mediaId: string): Promise<void> {
  const media = (await core.media.byIds([mediaId])).get(mediaId);
  // It may have been deleted meanwhile.
  if (!media) return;
  if (media.status === 'processing' && !(await finish(core, media))) return;
  await tell(core, mediaId);
}

/** Says whether it is ready by this very call, or by another's that may not have told of it. */
async function finish(core: Parts, media: MediaRecord): Promise<boolean> {
  const found = await lookInto(core, media);
  let thumbnailKey: string | null = null;
  if (found.thumbnail) {
    thumbnailKey = thumbnailKeyOf(media.media_id);
    const { body, mimeType } = found.thumbnail;
    await core.objects.put(thumbnailKey, streamOf(body), { contentType: mimeType });
  }
  const { width, height, durationMs } = found;
  const look = { width, height, duration_ms: durationMs, thumbnail_key: thumbnailKey };
  if (await core.media.complete(media.media_id, look)) return true;
  const now = (await core.media.byIds([media.media_id])).get(media.media_id);
  // Deleted while it was looked into: its thumbnail must not stay.
  if (!now && thumbnailKey !== null) await core.objects.delete([thumbnailKey]);
  return now !== undefined;
}

async function lookInto(core: Parts, media: MediaRecord): Promise<FootageFound> {
  const object = await core.objects.get(media.object_key);
  if (!object) {
    core.log.warn({ media_id: media.media_id }, 'a file to be looked into is not there');
    return nothing;
  }
  const { type, mime_type: mimeType, size_bytes: sizeBytes } = media;
  return core.mediaTools.footage({ type, mimeType, sizeBytes }, object.body);
}

/** The messages that carry it change with it, so that who was away learns of it too; its uploader may not have sent it yet. */
async function tell(core: Parts, mediaId: string): Promise<void> {
  const media = (await core.media.byIds([mediaId])).get(mediaId);
  if (!media) return;
  const carriers = await core.messages.carriers(mediaId, mostCarriers);
  const at = isoTime(core.clock.now());
  const requestId = `media-${mediaId}`;
  for (let from = 0; from < carriers.length; from += perCommit) {
    await applyChanges(
      core,
      carriers.slice(from, from + perCommit).map(({ message_id, chat_id }) => ({
        kind: 'media',
        messageId: message_id,
        chatId: chat_id,
        at,
        context: { eventId: randomUUID(), requestId, trace: null, origin: null },
      })),
    );
  }
  const context = { eventId: derivedId(mediaId, 'ready'), requestId, trace: null, origin: null };
  const payload = {
    media_id: mediaId,
    chat_id: null,
    message_id: null,
    seq: null,
    version: null,
    timestamp: null,
    recipients: [media.uploader_id],
  };
  await core.bus.publish([makeEvent('media.processed', context, payload, core.clock.now())]);
}

/** Seconds after which a file that still waits was missed: its event was lost, or its worker died. */
const missedSeconds = 2 * 60;

/** Looks into files whose turn was missed, at most `limit`; says how many. One that fails keeps none from its turn. Errors: the first failure, at the end. */
export async function processMissed(core: Parts, limit: number): Promise<number> {
  const before = isoTime(core.clock.now() - missedSeconds * 1000);
  const missed = await core.media.unprocessed(before, limit);
  const results: PromiseSettledResult<void>[] = [];
  for (const { media_id } of missed)
    results.push(...(await Promise.allSettled([processMedia(core, media_id)])));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return missed.length;
}
