import type { Media } from '@parley/contract';
import { unlessAborted } from '../lib/abort.ts';
import type { MediaFiles } from '../media/files.ts';
import { Gate } from '../realtime/gate.ts';
import type { Timing } from '../timing.ts';
import { notKept } from './file.ts';
import type { Job } from './job.ts';
import type { Road } from './road.ts';

/** Uploads at once. */
const width = 2;
/** Milliseconds between two tellings of progress. */
const pace = 100;

/** Uploads of the outbox: patient, two at a time, in their order. */
export class OutboxUploads {
  readonly #road: Road;
  readonly #upload: MediaFiles['upload'];
  readonly #gate: Gate;

  constructor(road: Road, upload: MediaFiles['upload'], timing: Timing) {
    this.#road = road;
    this.#upload = upload;
    this.#gate = new Gate(road, timing, width);
  }

  /** Resolves when it was uploaded, however long it takes; `changed` hears of its progress. Errors: those of `media.upload`. */
  async send(job: Job, changed: () => void): Promise<Media> {
    const { file, stop, record } = job;
    if (!file || !record.file) throw notKept();
    const { signal } = stop;
    const { name, size_bytes } = record.file;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      timer = undefined;
      job.changed();
      changed();
    };
    const options = {
      type: record.type as Media['type'],
      filename: name,
      size: size_bytes,
      signal,
      retry: 0,
      onProgress: (progress: NonNullable<Job['progress']>) => {
        // It begins anew with every try; what is shown does not go back.
        if (progress.loaded < (job.progress?.loaded ?? 0)) return;
        const first = job.progress === null;
        job.progress = progress;
        if (first) tell();
        else timer ??= setTimeout(tell, pace);
      },
    };
    try {
      const upload = () => this.#road.overHttp(() => this.#upload(file, options));
      return await unlessAborted(this.#gate.pass(upload, signal), signal);
    } finally {
      clearTimeout(timer);
    }
  }
}
