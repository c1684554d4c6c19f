/** Image processes and the queue before them. */
import { AppError, type Log, unavailable } from '@parley/core';
import { FairQueue } from '../../fair-queue.ts';
import type { ImageAnswer, ImageJob, ImageLook } from './job.ts';
import { ImageProcess, ProcessEnded, TookTooLong } from './process.ts';

export interface ImagePoolOptions {
  log: Log;
  /** How many images are looked into at once. */
  processes: number;
  /** Milliseconds that one image may take. */
  imageMs: number;
  /** What runs in place of the image process: for tests. */
  program?: string;
}

/** Starts a process when an image comes and none is free; while all are busy, those who sent some take turns. */
export class ImagePool {
  readonly #options: ImagePoolOptions;
  readonly #queue: FairQueue;
  readonly #free: ImageProcess[] = [];
  readonly #all = new Set<ImageProcess>();
  #closed = false;

  constructor(options: ImagePoolOptions) {
    this.#options = options;
    this.#queue = new FairQueue(options.processes);
  }

  /** Errors: `MEDIA_INVALID_TYPE`, `MEDIA_TOO_LARGE` (pixels), `SERVICE_UNAVAILABLE` (no process can be had, too busy a machine, a full disk). */
  look(job: ImageJob, owner = ''): Promise<ImageLook> {
    return this.#queue.run(owner, async () => {
      try {
        return await this.#ask(job);
      } catch (error) {
        if (!(error instanceof ProcessEnded) || !error.ready || this.#closed) throw this.#toAppError(error);
      }
      // Something else may have ended it. If the image does so again, the image is the reason.
      try {
        return await this.#ask(job);
      } catch (error) {
        throw this.#toAppError(error);
      }
    });
  }

  /** Ends all processes at once; who waits gets `SERVICE_UNAVAILABLE`. */
  close(): void {
    this.#closed = true;
    for (const process of this.#all) process.end();
    this.#all.clear();
  }

  async #ask(job: ImageJob): Promise<ImageLook> {
    if (this.#closed) throw new Error('it is closed');
    const process = this.#take();
    try {
      const answer = await process.ask(job, this.#options.imageMs);
      if (answer.ok) return answer.look;
      throw refusal(answer.error, answer.reason);
    } finally {
      this.#giveBack(process);
    }
  }

  #take(): ImageProcess {
    for (let process = this.#free.pop(); process; process = this.#free.pop()) {
      if (!process.isSpent) return process;
      this.#all.delete(process);
    }
    const process = new ImageProcess(this.#options.log, this.#options.program);
    this.#all.add(process);
    return process;
  }

  #giveBack(process: ImageProcess): void {
    if (!process.isSpent) {
      this.#free.push(process);
      return;
    }
    process.end();
    this.#all.delete(process);
  }

  #toAppError(error: unknown): AppError {
    if (error instanceof AppError) return error;
    const fromImage =
      (error instanceof ProcessEnded && error.ready) || (error instanceof TookTooLong && !error.starved);
    if (this.#closed || !fromImage) return cannotLook(error);
    this.#options.log.warn({ err: error }, 'an image could not be decoded');
    return refusal('broken', error.message);
  }
}

type Refusal = Extract<ImageAnswer, { ok: false }>['error'];

function refusal(error: Refusal, reason: string): AppError {
  if (error === 'refused') return new AppError('MEDIA_INVALID_TYPE', reason);
  if (error === 'refused_size') return new AppError('MEDIA_TOO_LARGE', reason);
  const cause = new Error(reason);
  if (error === 'failed') return cannotLook(cause);
  if (error === 'broken') return new AppError('MEDIA_INVALID_TYPE', 'The image is damaged', { cause });
  return new AppError('MEDIA_TOO_LARGE', 'The image is too large: it may have at most 100 megapixels', {
    cause,
  });
}

function cannotLook(cause: unknown): AppError {
  return unavailable('Looking into images', cause);
}
