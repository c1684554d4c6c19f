/** What an operator's command needs of a running Parley: its stores, opened when they are asked, and nothing else is started. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ChatCache, type Core, type DeadLetterStore } from '@parley/core';
import {
  type AccountFacts,
  type ChatFacts,
  MongoConnection,
  MongoMessageStore,
  OperatorReads,
  type OutboxFacts,
  PostgresChatStore,
  PostgresDeadLetterStore,
  PostgresMessageStore,
  PostgresPushLedger,
  Sql,
} from '@parley/db';
import {
  type Config,
  type ConsumerQueue,
  createLog,
  createRedis,
  RedisPresence,
  RedisPushLedger,
  readQueues,
} from '@parley/platform';

export interface Operator {
  deadLetters: DeadLetterStore;
  /** Undefined where nobody has the phone number. */
  account(phone: string): Promise<AccountFacts | undefined>;
  chat(id: string): Promise<ChatFacts | undefined>;
  /** Whether users are connected; null where only the server's own process knows. */
  online(userIds: readonly string[]): Promise<Set<string> | null>;
  /** The chat's message counters. */
  head(chatId: string): Promise<{ seq: number; version: number }>;
  /** Events that consumers have not handled; null where there is no NATS. */
  queues(): Promise<ConsumerQueue[] | null>;
  /** What each store has that is not published yet. */
  outbox(): Promise<OutboxFacts[]>;
  /** What is needed to say why somebody was pushed a message. */
  pushes(): Promise<Pick<Core, 'pushLedger' | 'messages' | 'chatCache' | 'clock'>>;
  close(): Promise<void>;
}

type OperatorConfig = Config;

/** Nothing is sent from here, so nothing was published. */
const nothingPublished = { takePublished: () => [], returnPublished: () => undefined };

/**
 * Opens the database of `DATABASE_URL`, else the embedded one of the Parley that runs on the data directory. The other stores are those of the
 * configuration.
 *
 * @throws {Error} where none can be reached, or it holds no tables of this version, with what to do
 */
export async function openOperator(config: OperatorConfig): Promise<Operator> {
  const url = config.databaseUrl ?? runningDatabase(config.dataDir);
  await using opened = new AsyncDisposableStack();
  const sql = new Sql({ url, poolSize: 2, timeoutMs: config.storeTimeoutMs });
  opened.defer(() => sql.close());
  const [found] = await sql.rows<{ ready: boolean }>(
    'ready',
    `SELECT to_regclass('push_notes') IS NOT NULL AS ready`,
    [],
  );
  if (!found?.ready) throw new Error('The database holds no tables of this version: start the server once.');
  const mongo = openMongo(config);
  if (mongo) opened.defer(() => mongo.close());
  const reads = new OperatorReads(sql, mongo);
  const stores = opened.move();
  const redis = once(async () => {
    if (config.redisUrl === null) return null;
    const log = createLog({ ...config, logLevel: 'silent' }, 'ops');
    const connection = createRedis({
      urls: config.redisUrl,
      mode: config.redisMode,
      sentinelName: config.redisSentinelName,
      timeoutMs: config.storeTimeoutMs,
      name: 'parley-ops',
      onError: (error) => log.debug({ err: error }, 'Redis is not available'),
    });
    stores.defer(() => connection.close());
    return connection;
  });
  // Only looked into: indexes are the programs' to make.
  const messages = mongo ? new MongoMessageStore(mongo) : new PostgresMessageStore(sql, nothingPublished);
  return {
    deadLetters: new PostgresDeadLetterStore(sql),
    account: (phone) => reads.account(phone),
    chat: (id) => reads.chat(id),
    async online(userIds) {
      const connection = await redis();
      return connection && new RedisPresence(connection).online(userIds);
    },
    async head(chatId) {
      const heads = await messages.heads([chatId]);
      return heads.get(chatId) ?? { seq: 0, version: 0 };
    },
    queues: async () => (config.natsUrl === null ? null : readQueues(config.natsUrl, config.storeTimeoutMs)),
    outbox: () => reads.outbox(),
    async pushes() {
      const connection = await redis();
      return {
        pushLedger: connection ? new RedisPushLedger(connection) : new PostgresPushLedger(sql),
        messages,
        chatCache: new ChatCache(new PostgresChatStore(sql, nothingPublished)),
        clock: { now: Date.now },
      };
    },
    close: () => stores.disposeAsync(),
  };
}

/** Connects when it is first asked. */
function openMongo({ mongoUrl, storeTimeoutMs }: OperatorConfig): MongoConnection | null {
  return mongoUrl === null
    ? null
    : new MongoConnection({ url: mongoUrl, poolSize: 1, timeoutMs: storeTimeoutMs });
}

/** Does it at the first call, and gives the same to all. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

/** Where the embedded PostgreSQL under a data directory listens (packages/platform/src/embedded-postgres). */
function runningDatabase(dataDir: string): string {
  const data = join(resolve(dataDir), 'postgres');
  const pidFile = join(data, 'postmaster.pid');
  const away = new Error(
    `No server runs on the data directory ${resolve(dataDir)}: start it with npm start, or set DATABASE_URL.`,
  );
  if (!existsSync(pidFile)) throw away;
  // The process, the port and the state are lines 1, 4 and 8 (PostgreSQL's pidfile.h).
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  const [pid, port, state] = [Number(lines[0]), Number(lines[3]), lines[7]?.trim()];
  if (!isRunning(pid) || !Number.isInteger(port) || state !== 'ready') throw away;
  const password = readFileSync(`${data}.password`, 'utf8').trim();
  return `postgresql://parley:${password}@127.0.0.1:${port}/parley`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
