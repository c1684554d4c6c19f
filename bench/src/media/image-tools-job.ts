import { createReadStream } from 'node:fs';
import type { Log } from '@parley/core';
import { LocalMediaTools } from '@parley/platform';

import { Histogram } from '../histogram.ts';
import { ownUse, sampleFamily } from './family.ts';
import type { ImageToolsJob, ImageToolsResult } from './protocol.ts';

/** Images in the tools for each image process: one is looked into, one is on its way. */
const lanesPerProcess = 2;

/** What goes wrong fails the job itself. */
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Puts one image through the tools over and over, without a server around them. */
export async function runImageTools(job: ImageToolsJob): Promise<ImageToolsResult> {
  const { path, temporaryDir, processes, forMs } = job;
  const tools = new LocalMediaTools({ temporaryDir, log: quiet, ffmpeg: null, imageProcesses: processes });
  await tools.start();
  let latency = new Histogram();
  const look = async (): Promise<void> => {
    const at = performance.now();
    const thumbnail = await tools.image(
      { mimeType: 'image/jpeg' },
      createReadStream(path),
      async (found) => found.thumbnail,
    );
    if (!thumbnail) throw new Error('an image has no thumbnail');
    latency.recordMs(performance.now() - at);
  };
  try {
    const lanes = Array.from({ length: processes * lanesPerProcess });
    // All at once, so that every image process is started.
    await Promise.all(lanes.map(look));
    latency = new Histogram();
    const before = sampleFamily(process.pid);
    const from = performance.now();
    await Promise.all(
      lanes.map(async () => {
        while (performance.now() - from < forMs) await look();
      }),
    );
    const seconds = (performance.now() - from) / 1000;
    return { seconds, images: latency.count, latency: latency.summary(), cpu: ownUse(before) };
  } finally {
    await tools.close();
  }
}
