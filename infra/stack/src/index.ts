/** Real stores for tests and for a local cluster, without Docker. */
import { startStore } from './engines/way.ts';
import type { StartOptions } from './options.ts';
import { mongoStore } from './stores/mongo.ts';
import { natsStore } from './stores/nats.ts';
import { postgresStore } from './stores/postgres.ts';
import { type RedisSettings, redisStore } from './stores/redis.ts';
import { s3Store } from './stores/s3.ts';
import type { RunningStore } from './types.ts';

export { Program, type ProgramKind } from './cluster/program.ts';
export { type Stack, type StackOptions, startStack } from './cluster/stack.ts';
export { toJson } from './cluster/summary.ts';
export type { Probe } from './engines/way.ts';
export type { Source, StartOptions, UnexpectedExit } from './options.ts';
export {
  prepareEngines,
  probeEngines,
  type RunningStores,
  type StoresOptions,
  startStores,
} from './stores/all.ts';
export { freshMongoUrl } from './stores/mongo.ts';
export type { RedisSettings } from './stores/redis.ts';
export { type RedisCluster, startRedisCluster } from './stores/redis-cluster.ts';
export type { RedisGroup } from './stores/redis-group.ts';
export { type RedisSentinels, startRedisSentinel } from './stores/redis-sentinel.ts';
export { EngineNotAvailable, type RunningStore, type StoreName } from './types.ts';

/** Redis with an append-only file: what was written is there after a stop, and after a kill. */
export function startRedis(options: StartOptions & RedisSettings = {}): Promise<RunningStore> {
  return startStore(redisStore(options), options);
}

/** NATS with JetStream; 2.12 where Go is there. `{ sources: ['path', 'apt'] }` takes Debian's 2.9. */
export function startNats(options: StartOptions = {}): Promise<RunningStore> {
  return startStore(natsStore, options);
}

/**
 * MongoDB, or mongo-java-server that stands in for it: a Java machine of 100 MB that takes a second to start, so files of a
 * test run share one, each with a database of its own (`freshMongoUrl`). Killed, the stand-in loses what came last: stop it
 * by SIGTERM or pause it.
 */
export function startMongo(options: StartOptions = {}): Promise<RunningStore> {
  return startStore(mongoStore, options);
}

/** An S3 that checks signatures, with keys of its own in `env`. The bucket is not made. */
export function startS3(options: StartOptions = {}): Promise<RunningStore> {
  return startStore(s3Store, options);
}

/** PostgreSQL with an empty database. Durable where `dataDir` is given. */
export function startPostgres(options: StartOptions = {}): Promise<RunningStore> {
  return startStore(postgresStore, options);
}
