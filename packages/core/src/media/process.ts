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
  // Where another call made it ready, that may have died before it told of it.
  if (media.status === 'ready' || (await finish(core, media)) !== 'gone') await tell(core, mediaId);
}

/** Says whether it is ready by this very call, or by another's, or deleted. */
async function finish(core: Parts, media: MediaRecord): Promise<'ready' | 'ready before' | 'gone'> {
  const found = await lookInto(core, media);
  let thumbnailKey: string | null = null;
  if (found.thumbnail) {
    thumbnailKey = thumbnailKeyOf(media.media_id);
    const { body, mimeType } = found.thumbnail;
    await core.objects.put(thumbnailKey, streamOf(body), { contentType: mimeType });
  }
  const { width, height, durationMs } = found;
  const look = { width, height, duration_ms: durationMs, thumbnail_key: thumbnailKey };
  if (await core.media.complete(media.media_id, look)) return 'ready';
  const now = (await core.media.byIds([media.media_id])).get(media.media_id);
  // Deleted while it was looked into: its thumbnail must not stay.
  if (!now && thumbnailKey !== null) await core.objects.delete([thumbnailKey]);
  return now ? 'ready before' : 'gone';
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

/** How `processMissed` goes about it. */
export interface MissedOptions {
  /** No further file is begun once it is aborted. */
  signal?: AbortSignal;
  /** Gives each file its turn among those that their events brought. */
  turn?(owner: string, work: () => Promise<void>): Promise<void>;
}

/**
 * Looks into files that still wait, at most `limit`; says how many. What became ready before its turn is left to who made it so. One that
 * fails keeps none from its turn. Errors: the first failure, at the end.
 */
export async function processMissed(
  core: Parts,
  limit: number,
  { signal, turn = (_owner, work) => work() }: MissedOptions = {},
): Promise<number> {
  const before = isoTime(core.clock.now() - missedSeconds * 1000);
  const failures: unknown[] = [];
  let looked = 0;
  for (const { media_id, uploader_id } of await core.media.unprocessed(before, limit)) {
    if (signal?.aborted) break;
    await turn(uploader_id, () => processWaiting(core, media_id)).catch((error) => failures.push(error));
    looked++;
  }
  if (failures.length > 0) throw failures[0];
  return looked;
}

async function processWaiting(core: Parts, mediaId: string): Promise<void> {
  const media = (await core.media.byIds([mediaId])).get(mediaId);
  if (media?.status === 'processing' && (await finish(core, media)) === 'ready') await tell(core, mediaId);
}
