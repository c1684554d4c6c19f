/** Files that real programs make, where ffmpeg is there. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;

const picture = ['-f', 'lavfi', '-i', 'testsrc=size=176x144:rate=10:duration=1'];
const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];

/** `args` are ffmpeg's for the output; `name` tells the format by its ending. */
export async function ffmpegFile(
  name: string,
  sources: 'picture' | 'sound' | 'both',
  args: readonly string[],
): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-made-'));
  try {
    const file = join(dir, name);
    const inputs = sources === 'both' ? [...picture, ...sound] : sources === 'picture' ? picture : sound;
    await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', ...inputs, ...args, file]);
    return await readFile(file);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
