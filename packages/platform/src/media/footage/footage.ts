/** Videos and sounds that people upload (contract section 2, Media): how long, how large, and one picture. */
import { type FootageFound, isUnavailable, type Log, type MediaTools, unavailable } from '@parley/core';
import pLimit from 'p-limit';
import { keepError } from '../../objects/bytes.ts';
import type { Images } from '../images/images.ts';
import { keep, type TemporaryFiles, type TemporaryFolder } from '../images/temporary.ts';
import type { Ffmpeg } from './find.ts';
import { demuxerFor } from './formats.ts';
import { writeFrame } from './frame.ts';
import { probe, type Source } from './probe.ts';
import { Programs, type RunLimits } from './run.ts';

export interface FootageOptions {
  log: Log;
  /** Null where there is none: nothing can be told then. */
  ffmpeg: Ffmpeg | null;
  /** Milliseconds that each look at a file may take: at its length and size, at its frame. */
  footageMs: number;
}

/** Room for a 4K video with all the frames that it refers back to. */
const addressBytes = 1.5 * 2 ** 30;
/** A picture of the thumbnail's width. */
const fileBytes = 16 * 2 ** 20;

const nothing: FootageFound = { width: null, height: null, durationMs: null, thumbnail: null };

export class Footage {
  readonly #folder: TemporaryFolder;
  readonly #images: Images;
  readonly #options: FootageOptions;
  readonly #limits: RunLimits;
  readonly #programs = new Programs();
  /** One at a time: ffmpeg must not take all processors from messages. */
  readonly #turn = pLimit(1);
  #closed = false;

  constructor(folder: TemporaryFolder, images: Images, options: FootageOptions) {
    this.#folder = folder;
    this.#images = images;
    this.#options = options;
    const cpuSeconds = Math.ceil(options.footageMs / 1000);
    this.#limits = { wallMs: options.footageMs, cpuSeconds, addressBytes, fileBytes };
  }

  /** See `MediaTools.footage`. Rejects for what `body` fails with, as it is, and with `SERVICE_UNAVAILABLE` where nobody can look now: a full disk, `close()`. */
  footage: MediaTools['footage'] = async (file, body) => {
    keepError(body);
    const demuxer = demuxerFor(file.mimeType);
    const { ffmpeg } = this.#options;
    if (!ffmpeg || !demuxer) {
      body.destroy();
      const reason = ffmpeg ? 'its kind is not known' : 'ffmpeg is not installed';
      this.#options.log.warn({ mimeType: file.mimeType, reason }, 'a video or sound was not looked into');
      return nothing;
    }
    const files = await this.#folder.files().catch((error) => {
      body.destroy();
      throw error;
    });
    try {
      const path = files.path('footage');
      await keep(path, body);
      const source = { path, demuxer };
      return await this.#turn(() => this.#lookInto(ffmpeg, source, file.type === 'video', files));
    } finally {
      await files.remove();
    }
  };

  close(): void {
    this.#closed = true;
    this.#programs.close();
  }

  async #lookInto(
    ffmpeg: Ffmpeg,
    source: Source,
    isVideo: boolean,
    files: TemporaryFiles,
  ): Promise<FootageFound> {
    const seen = await this.#try('its length and size', () =>
      probe(this.#programs, ffmpeg, source, this.#limits),
    );
    if (!seen) return nothing;
    const { durationMs, video } = seen;
    if (!isVideo || !video) return { ...nothing, durationMs };
    const { width, height, stream } = video;
    const picture = files.path('frame.png');
    const thumbnail = await this.#try('its picture', async () => {
      await writeFrame(this.#programs, ffmpeg, { ...source, stream, durationMs }, picture, this.#limits);
      return this.#images.thumbnailOf(picture);
    });
    return { width, height, durationMs, thumbnail };
  }

  /** Whatever is wrong with the file is no error; that nobody could look is one. */
  async #try<T>(what: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (this.#closed) throw unavailable('Looking into videos and sounds', error);
      if (isUnavailable(error)) throw error;
      this.#options.log.warn(
        { reason: (error as Error).message, what },
        'a video or sound could not be looked into',
      );
      return null;
    }
  }
}
