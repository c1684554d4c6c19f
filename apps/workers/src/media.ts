/** Looks into videos and sounds, and lets go of files whose messages were deleted (contract sections 2, Media, and 5). */
import { type Core, processMedia, releaseMedia, unavailable } from '@parley/core';
import { FairQueue, type Metrics } from '@parley/platform';

/** Files that one worker looks into at a time: decoding takes a whole core, and messages come first. */
const atOnce = 1;

export interface MediaWorker {
  /** Gives work its turn among files that their events brought. Errors: `SERVICE_UNAVAILABLE` once it drains; those of the work. */
  turn(owner: string, work: () => Promise<void>): Promise<void>;
  /** Begins nothing more: what waits for its turn goes back to the bus. */
  drain(): void;
}

/** Begins to consume, until the bus stops: what is not looked into by then is, by the next worker. */
export function startMediaWorker(core: Core, metrics: Pick<Metrics, 'mediaProcessed'>): MediaWorker {
  // Who sends many at once does not keep others waiting for theirs.
  const queue = new FairQueue(atOnce);
  let draining = false;
  const turn: MediaWorker['turn'] = (owner, work) =>
    queue.run(owner, async () => {
      if (draining) throw unavailable('This worker', new Error('it is stopping'));
      const end = metrics.mediaProcessed.startTimer();
      await work().finally(end);
    });
  core.bus.subscribe('media', 'media.uploaded', ({ payload }) =>
    turn(payload.uploader_id, () => processMedia(core, payload.media_id)),
  );
  core.bus.subscribe('media', 'msg.deleted', ({ payload: { media_id } }) =>
    // Most messages carry none.
    media_id === null ? undefined : releaseMedia(core, media_id),
  );
  return {
    turn,
    drain() {
      draining = true;
    },
  };
}
