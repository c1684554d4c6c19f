import { isStopping } from '../children.ts';
import { OwnServer, type Target } from '../server.ts';
import { ms, whole } from '../stats.ts';
import { measureBeside } from './measure-beside.ts';
import { measureOffline } from './measure-offline.ts';
import { measurePushes } from './measure-pushes.ts';
import { measureTools } from './measure-tools.ts';
import { measureUploads } from './measure-uploads.ts';
import type { MediaOptions, MediaPart } from './options.ts';
import type { UploadsJob } from './protocol.ts';
import { type MediaRows, noRows, type Sample, type UploadRow } from './rows.ts';
import { samples } from './samples.ts';

export interface MediaOutcome {
  rows: MediaRows;
  /** The files that were uploaded. */
  files: Sample[];
  problems: string[];
}

/** Uploaders at the same time, and image processes of the tools alone: what is measured of thumbnails. */
const uploaders = [2, 4];
const imageProcesses = [1, 2];

/** Runs the parts that were asked for. One that fails is told among the problems and does not keep the next from running. */
export async function runMedia(root: string, options: MediaOptions): Promise<MediaOutcome> {
  const outcome: MediaOutcome = { rows: noRows(), files: [], problems: [] };
  const run = new Run(root, options, outcome);
  for (const part of options.only) {
    try {
      await run[part]();
    } catch (error) {
      if (isStopping()) return outcome;
      const message = error instanceof Error ? error.message : String(error);
      // Results are published; where the project lies on this machine is nobody's business, nor what a program said at its end.
      const [reason = ''] = message.split('\n', 1);
      outcome.problems.push(`${part}: ${reason.replaceAll(root, '')}`);
      progress(`${part} failed: ${message}`);
    }
  }
  return outcome;
}

class Run implements Record<MediaPart, () => Promise<void>> {
  readonly #root: string;
  readonly #options: MediaOptions;
  readonly #outcome: MediaOutcome;

  constructor(root: string, options: MediaOptions, outcome: MediaOutcome) {
    this.#root = root;
    this.#options = options;
    this.#outcome = outcome;
  }

  async upload(): Promise<void> {
    const { uploads, imageMb, videos, videoMb } = this.#options;
    progress('sample files …');
    const one = { concurrency: 1, until: { uploads }, warmup: 1 };
    const jobs = [
      { name: `image of ${imageMb} MB`, ...one, file: await samples.largeImage(imageMb) },
      { name: `the same bytes as a document`, ...one, file: await samples.document(imageMb) },
      {
        name: `${videos} videos of ${videoMb} MB at the same time`,
        ...{ concurrency: videos, until: { uploads: videos }, warmup: 0 },
        file: await samples.video(videoMb),
      },
    ];
    await this.#onServer(async (server) => {
      for (const job of jobs) this.#outcome.rows.uploads.push(await this.#uploads(server, job));
    });
  }

  async thumbnails(): Promise<void> {
    const { thumbnails } = this.#outcome.rows;
    const { seconds } = this.#options;
    const file = await samples.photo(12);
    await this.#onServer(async (server) => {
      for (const concurrency of uploaders) {
        const job = { name: `${concurrency} uploaders`, concurrency, until: { ms: seconds * 1000 }, file };
        thumbnails.uploads.push(await this.#uploads(server, { ...job, warmup: 2 }));
      }
    });
    for (const processes of imageProcesses) {
      progress(`image tools alone, processes: ${processes} …`);
      const row = await measureTools(file, processes, seconds);
      thumbnails.tools.push(row);
      progress(`  ${(row.images / row.seconds).toFixed(1)}/s`);
    }
  }

  async push(): Promise<void> {
    const { pushes } = this.#outcome.rows;
    progress('push decisions of one worker …');
    await measurePushes(
      this.#options,
      (row) => {
        pushes.rows.push(row);
        const name = `${row.case}, ledger in ${row.engine}`;
        for (const problem of row.violations) this.#outcome.problems.push(`pushes, ${name}: ${problem}`);
        progress(`  ${name}: ${whole(row.decisions / row.seconds)} decisions/s`);
      },
      (why) => pushes.missing.push(why),
    );
    progress('messages to users who are away, pushes to a fake FCM …');
    await measureOffline(
      this.#root,
      this.#options,
      (row) => {
        pushes.offline.push(row);
        progress(`  ${row.name}: ${whole(row.pushedPerSecond)} pushes/s, p99 ${ms(row.push.p99)} ms`);
      },
      (problem) => this.#outcome.problems.push(problem),
    );
  }

  async beside(): Promise<void> {
    const { rows, files, problems } = this.#outcome;
    for (const { filename, bytes } of [await samples.photo(2), await samples.video()])
      files.push({ name: filename, bytes });
    progress('messages without and with files beside them …');
    await this.#onServer((server) =>
      measureBeside(
        server,
        this.#options,
        (round) => {
          rows.beside.push(round);
          const { load, beside, deliveredPerSecond, delivery } = round;
          progress(
            `  ${load} loop beside ${beside}: ${whole(deliveredPerSecond)}/s, p99 ${ms(delivery.p99)} ms, ${round.files} files`,
          );
        },
        (problem) => problems.push(problem),
      ),
    );
  }

  async #uploads(
    server: Target,
    { name, ...job }: Omit<UploadsJob, 'url'> & { name: string },
  ): Promise<UploadRow> {
    const { files, problems } = this.#outcome;
    const { filename, bytes } = job.file;
    if (!files.some((file) => file.name === filename)) files.push({ name: filename, bytes });
    progress(`${name} …`);
    const { row, problems: found } = await measureUploads(server, name, job);
    problems.push(...found);
    progress(`  ${row.uploads} in ${row.seconds.toFixed(1)} s, p50 ${ms(row.latency.p50)} ms`);
    return row;
  }

  /** On a fresh server, so that no part pays for what another has left behind. */
  async #onServer(work: (server: Target) => Promise<void>): Promise<void> {
    const server = await OwnServer.start(this.#root, this.#options.server);
    try {
      await work(server);
    } catch (error) {
      if (!isStopping()) console.error(server.log());
      throw error;
    } finally {
      await server.stop();
    }
  }
}

/** Progress goes to stderr, so that stdout holds the report alone. */
function progress(line: string): void {
  console.error(line);
}
