/** What looks into files: processes of this machine. */
import { join } from 'node:path';
import { type Config, findFfmpeg, LocalMediaTools, type Logger } from '@parley/platform';

/** Starts, and says so, without ffmpeg: then videos and sounds are kept, but nothing is known of them. */
export async function openMediaTools(config: Config, program: string, log: Logger): Promise<LocalMediaTools> {
  // Only workers look into videos and sounds.
  const isWorker = program === 'workers' || program === 'standalone';
  const ffmpeg = isWorker ? await findFfmpeg({ ffmpegPath: config.ffmpegPath ?? undefined }) : null;
  if (isWorker && !ffmpeg) {
    log.warn(
      {},
      'ffmpeg was not found: videos and sounds have no length and no thumbnail (install ffmpeg, or set FFMPEG_PATH)',
    );
  }
  const tools = new LocalMediaTools({
    temporaryDir: join(config.dataDir, 'tmp'),
    log,
    ffmpeg,
    imageProcesses: config.imageProcesses,
  });
  await tools.start();
  return tools;
}
