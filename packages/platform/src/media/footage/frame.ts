/** One picture of a video. */
import { stat } from 'node:fs/promises';
import { limits as contractLimits } from '@parley/contract';
import type { Ffmpeg } from './find.ts';
import { inputArguments } from './formats.ts';
import type { Source } from './probe.ts';
import type { Programs, RunLimits } from './run.ts';

/** Many videos begin with a black or blurred moment. */
const skippedSeconds = 1;

/** Small, in whole even pixels, and as it is shown where pixels are not square. ffmpeg turns it upright before. */
const scale = [
  `w='max(2,trunc(min(${contractLimits.thumbnailWidth},iw*sar)))'`,
  "h='max(2,2*round(ow/dar/2))'",
].join(':');

/** Writes one early frame as a PNG of the thumbnail's width. Rejects where there is none. */
export async function writeFrame(
  programs: Programs,
  { ffmpeg }: Ffmpeg,
  source: Source & { stream: number; durationMs: number | null },
  path: string,
  limits: RunLimits,
): Promise<void> {
  const skip = (source.durationMs ?? 0) > skippedSeconds * 1000;
  if (skip) {
    const took = await attempt(skippedSeconds);
    if (took) return;
  }
  // Also where there is nothing behind the first moment, whatever the file tells of its length.
  if (!(await attempt(0))) throw new Error('no frame came');

  async function attempt(from: number): Promise<boolean> {
    const input = [...inputArguments(source.demuxer), '-ss', String(from), '-i', `file:${source.path}`];
    const picture = ['-map', `0:${source.stream}`, '-frames:v', '1', '-vf', `scale=${scale}`];
    const output = ['-pix_fmt', 'rgb24', '-c:v', 'png', '-threads', '1', '-f', 'image2', '-update', '1'];
    const args = ['-nostdin', '-v', 'error', '-filter_threads', '1', ...input, ...picture, ...output];
    await programs.run(ffmpeg, [...args, '-y', `file:${path}`], limits);
    const written = await stat(path).catch(() => undefined);
    return written !== undefined && written.size > 0;
  }
}
