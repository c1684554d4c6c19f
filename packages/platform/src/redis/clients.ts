/** ioredis clients for one Redis, behind sentinels, or a cluster, all with the same manners. */
import { Cluster, type CommonRedisOptions, Redis, type RedisOptions } from 'ioredis';
import type { RedisTarget } from './urls.ts';

export interface ClientOptions {
  target: RedisTarget;
  mode: 'single' | 'sentinel' | 'cluster';
  sentinelName: string;
  timeoutMs: number;
  name: string;
}

/** Back at the latest half a second after Redis is: 25, 50, 100, 200, 400 ms. */
const retryDelay = (attempt: number): number => Math.min(400, 25 * 2 ** Math.min(attempt - 1, 4));

/** The replies' shape is left as it is by default; ioredis takes it from the type. */
type Manners = Omit<CommonRedisOptions, 'replyMapping'>;
type Settings = Omit<RedisOptions, 'replyMapping'>;

/**
 * No queue for bad times: a command fails at once while the connection is down, and one in flight fails with it. A line
 * that brings nothing for `timeoutMs` although something was asked is dropped, so a dead peer is noticed.
 */
function manners({ target, timeoutMs, name }: ClientOptions): Manners {
  return {
    connectionName: name,
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: {} } : {}),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 200,
    connectTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A master that became a replica: ask again who the master is.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** How sentinels are asked. They are protected by the password of the address, unless that belongs to a named user. */
function sentinels(options: ClientOptions): Settings {
  const { target, timeoutMs, sentinelName } = options;
  return {
    sentinels: target.nodes,
    name: sentinelName,
    ...(target.username === undefined && target.password !== undefined
      ? { sentinelPassword: target.password }
      : {}),
    ...(target.tls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    sentinelCommandTimeout: timeoutMs,
    sentinelRetryStrategy: retryDelay,
    sentinelReconnectStrategy: () => 1_000,
    failoverDetector: true,
  };
}

/** The connection, or with a cluster the connections, that commands go through. */
export function commandClient(options: ClientOptions): Redis | Cluster {
  const { target, mode, timeoutMs } = options;
  if (mode === 'cluster') {
    return new Cluster(target.nodes, {
      enableOfflineQueue: false,
      clusterRetryStrategy: retryDelay,
      // Ten redirections of 100 ms each: a fail-over that takes longer is answered with 503.
      maxRedirections: 10,
      slotsRefreshTimeout: timeoutMs,
      slotsRefreshInterval: 5_000,
      // Certificates are for names, so names must not be turned into addresses.
      ...(target.tls ? { dnsLookup: (address, done) => done(null, address) } : {}),
      redisOptions: manners(options),
    });
  }
  const settings: Settings = {
    ...manners(options),
    ...(mode === 'sentinel' ? sentinels(options) : target.nodes[0]),
    db: target.db,
    retryStrategy: retryDelay,
    enableAutoPipelining: true,
    // These carry batches already; waiting for others would only add to their way.
    autoPipeliningIgnoredCommands: ['hmget', 'publish', 'ping'],
  };
  return new Redis(settings);
}

/** A connection for subscriptions. It is not opened yet, and does not reconnect: its owner opens another. */
export function subscriberClient(options: ClientOptions, node?: { host: string; port: number }): Redis {
  const { target, mode } = options;
  const settings: Settings = {
    ...manners(options),
    connectionName: `${options.name}-subscriber`,
    ...(mode === 'sentinel'
      ? { ...sentinels(options), sentinelRetryStrategy: () => null }
      : (node ?? target.nodes[0])),
    db: target.db,
    lazyConnect: true,
    retryStrategy: null,
  };
  return new Redis(settings);
}
