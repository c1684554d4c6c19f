/** The variables that choose engines and say where they are (design, Engines). An engine is chosen by whether its URL is set. */
import { flag, integer, mongoUrl, text, url, urls, type Variable } from './readers.ts';

export interface EngineConfig {
  databaseUrl: string | null;
  databasePoolSize: number;
  mongoUrl: string | null;
  mongoPoolSize: number;
  redisUrl: string[] | null;
  redisMode: 'single' | 'sentinel' | 'cluster';
  redisSentinelName: string;
  natsUrl: string[] | null;
  natsReplicas: number;
  minioEndpoint: string | null;
  minioAccessKey: string | null;
  minioSecretKey: string | null;
  minioBucket: string;
  minioUseSsl: boolean;
  minioRegion: string;
  minioPublicUrl: string | null;
  storeTimeoutMs: number;
}

const redisModes = ['single', 'sentinel', 'cluster'] as const;

export const engineSchema: { [K in keyof EngineConfig]: Variable<EngineConfig[K]> } = {
  databaseUrl: {
    name: 'DATABASE_URL',
    doc: 'PostgreSQL 15 or newer; unset starts the embedded PostgreSQL',
    fallback: '',
    read: url(['postgres:', 'postgresql:']),
  },
  databasePoolSize: {
    name: 'DATABASE_POOL_SIZE',
    doc: 'PostgreSQL connections of each program',
    fallback: '10',
    read: integer(2, 200),
  },
  mongoUrl: {
    name: 'MONGO_URL',
    doc: 'MongoDB 7 for messages, the path names the database; unset keeps them in PostgreSQL',
    fallback: '',
    read: mongoUrl,
  },
  mongoPoolSize: {
    name: 'MONGO_POOL_SIZE',
    doc: 'MongoDB connections of each program',
    fallback: '10',
    read: integer(2, 500),
  },
  redisUrl: {
    name: 'REDIS_URL',
    doc: 'Redis 7: one address, or several separated by commas for Sentinel and Cluster; unset keeps it in process',
    fallback: '',
    read: urls(['redis:', 'rediss:']),
  },
  redisMode: {
    name: 'REDIS_MODE',
    doc: '`single`, `sentinel` (the addresses are sentinels) or `cluster`',
    fallback: 'single',
    read(value) {
      const mode = redisModes.find((known) => known === value);
      if (!mode) throw new Error(`must be one of ${redisModes.join(', ')}`);
      return mode;
    },
  },
  redisSentinelName: {
    name: 'REDIS_SENTINEL_NAME',
    doc: 'The name under which sentinels know the master',
    fallback: 'mymaster',
    read: (value) => value,
  },
  natsUrl: {
    name: 'NATS_URL',
    doc: 'NATS with JetStream: one address or several separated by commas; unset keeps events in process',
    fallback: '',
    read: urls(['nats:', 'tls:']),
  },
  natsReplicas: {
    name: 'NATS_REPLICAS',
    doc: 'Copies of each stream; 3 on a cluster of NATS servers',
    fallback: '1',
    read: integer(1, 5),
  },
  minioEndpoint: {
    name: 'MINIO_ENDPOINT',
    doc: 'Any S3: host or host:port; unset keeps files in the data directory',
    fallback: '',
    read(value) {
      if (value === '') return null;
      if (!URL.canParse(`http://${value}`) || new URL(`http://${value}`).host !== value.toLowerCase()) {
        throw new Error('must be a host or host:port, without http://');
      }
      return value;
    },
  },
  minioAccessKey: { name: 'MINIO_ACCESS_KEY', doc: 'Access key of the S3', fallback: '', read: text },
  minioSecretKey: { name: 'MINIO_SECRET_KEY', doc: 'Secret key of the S3', fallback: '', read: text },
  minioBucket: {
    name: 'MINIO_BUCKET',
    doc: 'Bucket, made if it is not there',
    fallback: 'whatsapp-media',
    read(value) {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value)) {
        throw new Error('must be a bucket name: 3 to 63 of a-z, 0-9, dots and dashes');
      }
      return value;
    },
  },
  minioUseSsl: { name: 'MINIO_USE_SSL', doc: 'Speaks TLS to the S3', fallback: 'false', read: flag },
  minioRegion: {
    name: 'MINIO_REGION',
    doc: 'Region of the S3',
    fallback: 'us-east-1',
    read: (value) => value,
  },
  minioPublicUrl: {
    name: 'MINIO_PUBLIC_URL',
    doc: 'Where clients reach the S3, for signed addresses; unset is MINIO_ENDPOINT',
    fallback: '',
    read: url(['http:', 'https:']),
  },
  storeTimeoutMs: {
    name: 'STORE_TIMEOUT_MS',
    doc: 'Milliseconds to wait for a store before answering 503',
    fallback: '2500',
    read: integer(100, 60_000),
  },
};

/** What engine variables must have together. */
export function engineProblems(config: EngineConfig): string[] {
  const problems: string[] = [];
  const { redisUrl, redisMode, minioEndpoint, minioAccessKey, minioSecretKey } = config;
  if (redisMode !== 'single' && redisUrl === null)
    problems.push(`REDIS_URL must be set with REDIS_MODE=${redisMode}`);
  if (redisMode === 'single' && redisUrl !== null && redisUrl.length > 1) {
    problems.push('REDIS_URL must be one address, or REDIS_MODE must be sentinel or cluster');
  }
  if (minioEndpoint !== null && (minioAccessKey === null || minioSecretKey === null)) {
    problems.push('MINIO_ACCESS_KEY and MINIO_SECRET_KEY must be set with MINIO_ENDPOINT');
  }
  return problems;
}
