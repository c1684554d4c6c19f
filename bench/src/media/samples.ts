import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFfmpeg } from '@parley/platform';

import { zip } from '../../../packages/platform/test/media-files/archives.ts';
import { noiseJpeg } from './noise.ts';
import { padMp4 } from './pad-mp4.ts';
import type { SampleFile } from './protocol.ts';

const mega = 2 ** 20;

/** Bytes per pixel of what phones write at their usual quality, about. */
const photoDensity = 0.3;

/** Files that are uploaded: made once, and kept in the temporary folder for the next run. */
export const samples = {
  /** Noise of 24 megapixels, or fewer for a small file, just under so many MB. */
  largeImage(mb: number): Promise<SampleFile> {
    const width = Math.round(Math.sqrt((mb / 16) * 24e6 * (4 / 3)));
    const height = Math.round((width * 3) / 4);
    return kept('image', `noise-${mb}mb.jpg`, () => noiseJpeg(width, height, mb * mega));
  },
  /** The same bytes within a ZIP of the same size. */
  async document(mb: number): Promise<SampleFile> {
    const image = await samples.largeImage(mb);
    return kept('document', `noise-${mb}mb.zip`, async () =>
      zip([{ name: 'noise.jpg', data: readFileSync(image.path) }]),
    );
  },
  photo(megapixels: 2 | 12): Promise<SampleFile> {
    const [width, height] = megapixels === 2 ? [1600, 1200] : [4000, 3000];
    return kept('image', `photo-${megapixels}.jpg`, () =>
      noiseJpeg(width, height, Math.round(width * height * photoDensity)),
    );
  },
  /** Three seconds of 1080p, some MB, as ffmpeg makes them; padded to so many MB where that is told. Errors: no ffmpeg. */
  video(mb?: number): Promise<SampleFile> {
    if (mb === undefined) return kept('video', 'film.mp4', film);
    return kept('video', `film-${mb}mb.mp4`, async () => {
      const { path } = await samples.video();
      return padMp4(readFileSync(path), mb * mega);
    });
  },
};

/** Takes the file from the folder of earlier runs, or makes it. */
async function kept(
  type: SampleFile['type'],
  filename: string,
  make: () => Promise<Buffer>,
): Promise<SampleFile> {
  const path = join(folder(), filename);
  if (sizeOf(path) === null) {
    const bytes = await make();
    // Another run may make it at the same time: whoever is last wins, and both are whole.
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
  }
  return { path, type, filename, bytes: sizeOf(path) ?? 0 };
}

/** Of this user alone: what others could put there is not to be uploaded. */
function folder(): string {
  const { uid } = userInfo();
  const path = join(tmpdir(), `parley-samples-${uid}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (uid >= 0 && statSync(path).uid !== uid)
    throw new Error('the folder for sample files is somebody else’s');
  return path;
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

async function film(): Promise<Buffer> {
  const found = await findFfmpeg();
  if (!found) throw new Error('there is no ffmpeg on PATH, which makes the videos');
  const work = mkdtempSync(join(tmpdir(), 'parley-bench-film-'));
  try {
    const file = join(work, 'film.mp4');
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=30:duration=3'];
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=3'];
    const coding = [
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-crf',
      '30',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
    ];
    const args = ['-nostdin', '-v', 'error', ...picture, ...sound, ...coding, '-movflags', '+faststart'];
    await promisify(execFile)(found.ffmpeg, [...args, file]);
    return readFileSync(file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
