import { freshMongoUrl, startMongo } from '@parley/stack';
import { MongoClient } from 'mongodb';

import { isStopping, type Running, track, untrack } from '../children.ts';
import { standsIn } from '../stack/site.ts';
import type { ScaleOptions } from './options.ts';

/** A MongoDB for the time of a measurement. */
export interface ScaleMongo {
  engine: string;
  standIn: boolean;
  /** The address of a database that is empty, and is deleted in the end. */
  database(): string;
  stop(): Promise<void>;
}

/** Takes the MongoDB that is named, or starts what there is. Errors: there is none. */
export async function openMongo({ mongo }: Pick<ScaleOptions, 'mongo'>): Promise<ScaleMongo> {
  const environment = mongo === null ? process.env : { ...process.env, TEST_MONGO_URL: mongo };
  const starting = startMongo({ environment, notice: (text) => console.error(text) });
  const made: string[] = [];
  const end = async (): Promise<void> => {
    const store = await starting.catch(() => undefined);
    // Somebody's own server is left as it was.
    if (store?.pid === null) await dropAll(store.url, made);
    await store?.[Symbol.asyncDispose]();
    untrack(running);
  };
  let ending: Promise<void> | null = null;
  const running: Running = {
    stop() {
      ending ??= end();
      return ending;
    },
  };
  track(running);
  try {
    const store = await starting;
    if (isStopping()) throw new Error('interrupted');
    return {
      engine: store.engine,
      standIn: standsIn(store.engine),
      database() {
        const name = `parley_bench_${process.pid}_${made.length}`;
        made.push(name);
        return freshMongoUrl(store.url, name);
      },
      stop: () => running.stop(),
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function dropAll(url: string, names: readonly string[]): Promise<void> {
  const client = new MongoClient(url);
  for (const name of names) await client.db(name).dropDatabase();
  await client.close();
}
