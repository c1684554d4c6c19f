import { readFileSync } from 'node:fs';

import { Histogram } from '../histogram.ts';
import type { UploadsJob, UploadsResult } from '../media/protocol.ts';
import type { Phase } from '../protocol.ts';
import { signInMany } from './http-api.ts';
import { Problems } from './problems.ts';
import { untilReady } from './until-ready.ts';
import { Uploader } from './uploader.ts';

/** Uploads one file over and over, each uploader as a user of its own. The measured period ends with the last answer. */
export async function runUploads(
  { url, file, concurrency, until, warmup }: UploadsJob,
  onPhase: (phase: Phase) => void,
): Promise<UploadsResult> {
  const content = readFileSync(file.path);
  const accounts = await signInMany(url, concurrency);
  const uploaders = accounts.map(({ token }) => new Uploader(url, token, file, content));
  const problems = new Problems();
  const latency = new Histogram();
  const waiting: Promise<void>[] = [];
  try {
    await Promise.all(
      uploaders.map(async (uploader) => {
        for (let n = 0; n < warmup; n += 1) await untilReady(uploader, await uploader.upload());
      }),
    );
    onPhase('measuring');
    const from = performance.now();
    let begun = 0;
    const goesOn = () => ('ms' in until ? performance.now() - from < until.ms : begun < until.uploads);
    const work = async (uploader: Uploader): Promise<void> => {
      while (goesOn()) {
        begun += 1;
        const at = performance.now();
        try {
          const uploaded = await uploader.upload();
          latency.recordMs(performance.now() - at);
          waiting.push(untilReady(uploader, uploaded).catch((error) => problems.add(error)));
        } catch (error) {
          problems.add(error);
        }
      }
    };
    await Promise.all(uploaders.map(work));
    const seconds = (performance.now() - from) / 1000;
    onPhase('measured');
    await Promise.all(waiting);
    const readySeconds = (performance.now() - from) / 1000;
    return { seconds, uploads: latency.count, latency: latency.summary(), readySeconds, ...problems.told };
  } finally {
    for (const uploader of uploaders) uploader.close();
  }
}
