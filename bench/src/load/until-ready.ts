import { setTimeout as sleep } from 'node:timers/promises';

import type { UploadedMedia, Uploader } from './uploader.ts';

const lookEveryMs = 100;
const readyWithinMs = 120_000;

/** Waits until a worker has looked into a file. Errors: it takes two minutes, or a video has no thumbnail then. */
export async function untilReady(uploader: Uploader, uploaded: UploadedMedia): Promise<void> {
  const until = performance.now() + readyWithinMs;
  let media = uploaded;
  while (media.status !== 'ready') {
    if (performance.now() > until) throw new Error(`a ${media.type} was not ready within two minutes`);
    await sleep(lookEveryMs);
    media = await uploader.look(media);
  }
  if (media.type === 'video' && media.thumbnail_url === null) throw new Error('a video has no thumbnail');
}
