/** Looks into videos and sounds, and lets go of files whose messages were deleted (contract sections 2, Media, and 5). */
import { type Core, processMedia, releaseMedia } from '@parley/core';
import { FairQueue, type Metrics } from '@parley/platform';

/** Files that one worker looks into at a time: decoding takes a whole core, and messages come first. */
const atOnce = 1;

/** Begins to consume, until the bus stops: what is not looked into by then is, by the next worker. */
export function startMediaWorker(core: Core, metrics: Pick<Metrics, 'mediaProcessed'>): void {
  const queue = new FairQueue(atOnce);
  core.bus.subscribe('media', 'media.uploaded', ({ payload }) =>
    // Who sends many at once does not keep others waiting for theirs.
    queue.run(payload.uploader_id, async () => {
      const end = metrics.mediaProcessed.startTimer();
      await processMedia(core, payload.media_id);
      end();
    }),
  );
  core.bus.subscribe('media', 'msg.deleted', ({ payload: { media_id } }) =>
    // Most messages carry none.
    media_id === null ? undefined : releaseMedia(core, media_id),
  );
}
