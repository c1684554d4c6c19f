import { join } from 'node:path';
import { EngineNotAvailable, type RunningStore, startRedis } from '@parley/stack';

import { isStopping, type Running, track, untrack } from '../children.ts';
import { JobProcess } from './job-process.ts';
import type { MediaOptions } from './options.ts';
import type { PushRow } from './rows.ts';

type Times = Pick<MediaOptions, 'seconds' | 'warmup'>;

/** One worker's decisions, with its ledger in the embedded PostgreSQL and, where there is one, in Redis. */
export async function measurePushes(
  options: Times,
  onRow: (row: PushRow) => void,
  onMissing: (why: string) => void,
): Promise<void> {
  await measureEngine('PostgreSQL', null, options, onRow);
  let redis: OwnRedis;
  try {
    redis = await OwnRedis.start();
  } catch (error) {
    if (!(error instanceof EngineNotAvailable)) throw error;
    // What it tried is on several lines, and names folders of this machine.
    onMissing('Redis is not to be had here: its ledger was not measured');
    return;
  }
  try {
    await measureEngine('Redis', redis.url, options, onRow);
  } finally {
    await redis.stop();
  }
}

async function measureEngine(
  engine: string,
  redisUrl: string | null,
  { seconds, warmup }: Times,
  onRow: (row: PushRow) => void,
): Promise<void> {
  const job = new JobProcess();
  try {
    const times = { warmupMs: warmup * 1000, forMs: seconds * 1000 };
    const params = { dataDir: join(job.folder, 'data'), redisUrl, ...times };
    for (const result of await job.run('pushes', params)) onRow({ engine, ...result });
  } finally {
    await job.stop();
  }
}

/** A Redis of its own, for the time of a measurement. */
class OwnRedis implements Running {
  readonly #starting: Promise<RunningStore>;
  #ending: Promise<void> | null = null;
  url = '';

  private constructor() {
    this.#starting = startRedis({ own: true, notice: (text) => console.error(text) });
    track(this);
  }

  /** Errors: `EngineNotAvailable`. */
  static async start(): Promise<OwnRedis> {
    const redis = new OwnRedis();
    try {
      redis.url = (await redis.#starting).url;
      if (isStopping()) throw new Error('interrupted');
      return redis;
    } catch (error) {
      await redis.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const store = await this.#starting.catch(() => undefined);
    await store?.[Symbol.asyncDispose]();
    untrack(this);
  }
}
