/** Looks into files on this machine: in streams, in processes for images, and with ffmpeg (contract section 2, Media). */
import type { Log, MediaTools } from '@parley/core';
import type { Ffmpeg } from './footage/find.ts';
import { Footage } from './footage/footage.ts';
import { Images } from './images/images.ts';
import { ImagePool } from './images/pool.ts';
import { TemporaryFolder } from './images/temporary.ts';
import { receiveFile, verifyFile } from './kinds/index.ts';

export interface MediaToolsOptions {
  /** Files are kept below it while they are looked into: at most the largest file for each that is. Programs may share it. */
  temporaryDir: string;
  log: Log;
  /** What `findFfmpeg()` found. Without it videos and sounds are stored, but have no length, size or thumbnail. */
  ffmpeg: Ffmpeg | null;
  /** How many images are decoded at once; each has a process of its own, started when it is needed. */
  imageProcesses?: number;
  /** Milliseconds that looking into one file may take. */
  timeouts?: { imageMs?: number; footageMs?: number };
}

const defaults = { imageProcesses: 2, imageMs: 15_000, footageMs: 30_000 };

export class LocalMediaTools implements MediaTools {
  readonly receive: MediaTools['receive'] = receiveFile;
  readonly verify: MediaTools['verify'] = verifyFile;
  readonly image: MediaTools['image'];
  readonly footage: MediaTools['footage'];
  readonly #folder: TemporaryFolder;
  readonly #pool: ImagePool;
  readonly #footage: Footage;

  constructor({ temporaryDir, log, ffmpeg, ...options }: MediaToolsOptions) {
    const { imageMs = defaults.imageMs, footageMs = defaults.footageMs } = options.timeouts ?? {};
    const processes = options.imageProcesses ?? defaults.imageProcesses;
    this.#folder = new TemporaryFolder(temporaryDir);
    this.#pool = new ImagePool({ log, processes, imageMs });
    const images = new Images(this.#folder, this.#pool);
    this.#footage = new Footage(this.#folder, images, { log, ffmpeg, footageMs });
    this.image = images.image;
    this.footage = this.#footage.footage;
  }

  /** Makes the folder for temporary files and removes what earlier runs have left. Errors: `SERVICE_UNAVAILABLE`. */
  async start(): Promise<void> {
    await this.#folder.start();
  }

  /** Ends what it has started and removes its temporary files; what is being looked into fails with `SERVICE_UNAVAILABLE`. */
  async close(): Promise<void> {
    this.#pool.close();
    this.#footage.close();
    await this.#folder.close();
  }
}
