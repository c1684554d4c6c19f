import { setTimeout as sleep } from 'node:timers/promises';

import { Histogram } from '../histogram.ts';
import type { BesideJob, BesideResult } from '../media/protocol.ts';
import { signInMany } from './http-api.ts';
import { Problems } from './problems.ts';
import { untilReady } from './until-ready.ts';
import { Uploader } from './uploader.ts';

/** Connections that uploads on schedule take in turn: one that is slow does not hold up the next. */
const lanes = 8;

/** Uploads beside another measurement, from `start` to `stop`. */
export class MediaBeside {
  #stopping: AbortController | null = null;
  #work: Promise<unknown> = Promise.resolve();
  #readyAt: number[] = [];
  #latency = new Histogram();
  #problems = new Problems();

  /** Resolves when the first file is ready: the processes that look into files have started. */
  async start({ url, file, pace }: BesideJob): Promise<null> {
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    this.#readyAt = [];
    this.#latency = new Histogram();
    this.#problems = new Problems();
    const count = 'underWay' in pace ? pace.underWay : lanes;
    // Each for a user of its own: who sends many files has to wait for others.
    const accounts = await signInMany(url, count);
    const uploaders = accounts.map(({ token }) => new Uploader(url, token, file));
    const [first] = uploaders;
    if (first) await untilReady(first, await first.upload());
    const work =
      'underWay' in pace
        ? Promise.all(uploaders.map((uploader) => this.#always(uploader, signal)))
        : this.#onSchedule(uploaders, 1000 / pace.perSecond, signal);
    this.#work = work.finally(() => {
      for (const uploader of uploaders) uploader.close();
    });
    return null;
  }

  /** Begins nothing more, and waits for what was begun. */
  async stop(): Promise<BesideResult> {
    this.#stopping?.abort();
    await this.#work;
    return { readyAt: this.#readyAt, latency: this.#latency.summary(), ...this.#problems.told };
  }

  async #always(uploader: Uploader, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const done = await this.#one(uploader);
      // A server that refuses everything is not to be asked in a busy loop.
      if (!done) await sleep(100);
    }
  }

  async #onSchedule(uploaders: readonly Uploader[], everyMs: number, signal: AbortSignal): Promise<void> {
    const from = performance.now();
    const begun: Promise<unknown>[] = [];
    for (let n = 0; !signal.aborted; n += 1) {
      const uploader = uploaders[n % uploaders.length];
      if (uploader) begun.push(this.#one(uploader));
      const wait = from + (n + 1) * everyMs - performance.now();
      await sleep(Math.max(0, wait), undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(begun);
  }

  /** Says whether it came to be ready. */
  async #one(uploader: Uploader): Promise<boolean> {
    const at = performance.now();
    try {
      const uploaded = await uploader.upload();
      this.#latency.recordMs(performance.now() - at);
      await untilReady(uploader, uploaded);
      this.#readyAt.push(Date.now());
      return true;
    } catch (error) {
      this.#problems.add(error);
      return false;
    }
  }
}
