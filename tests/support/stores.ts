/** The stores of a cluster for one test file: Redis and NATS of its own, a database of its own in the run's MongoDB. */
import { setTimeout as pause } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { type RunningStore, startNats, startRedis, startS3 } from '@parley/stack';
import { inject } from 'vitest';
import { createTestMongo } from './mongo.ts';

export interface ClusterStores extends AsyncDisposable {
  readonly redis: RunningStore;
  readonly nats: RunningStore;
  /** The variables by which programs find them. */
  readonly env: Record<string, string>;
  /** Resolves when every consumer has handled every event on the bus. */
  settled(): Promise<void>;
}

export async function startClusterStores(): Promise<ClusterStores> {
  await using cleanup = new AsyncDisposableStack();
  // Without MongoDB messages are in PostgreSQL: any mix of engines must work.
  const messages = 'mongodb' in inject('missing') ? undefined : createTestMongo();
  // Without an S3 files are in a folder that the programs share.
  const files = 's3' in inject('missing') ? undefined : startS3();
  const [redis, nats, mongo, s3] = await Promise.all([startRedis(), startNats(), messages, files]);
  for (const store of [redis, nats, s3]) if (store) cleanup.use(store);
  const all = cleanup.move();
  return {
    redis,
    nats,
    env: { ...redis.env, ...nats.env, ...s3?.env, ...(mongo && { MONGO_URL: mongo.url }) },
    settled: () => eventsHandled(nats.url),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function eventsHandled(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    const busy = async () => {
      for await (const stream of manager.streams.list()) {
        for await (const consumer of manager.consumers.list(stream.config.name)) {
          if (consumer.num_pending + consumer.num_ack_pending > 0) return true;
        }
      }
      return false;
    };
    while (await busy()) await pause(20);
  } finally {
    await connection.close();
  }
}
