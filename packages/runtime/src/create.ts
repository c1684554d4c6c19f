/** Puts the engines together. Which engine stands behind a port follows from the configuration (design, Engines). */
import { type Clock, createCore, expandOutbox, isUnavailable, type OutboxStore } from '@parley/core';
import {
  createPrisma,
  migrate,
  PostgresChatStore,
  PostgresContactStore,
  PostgresDeadLetterStore,
  PostgresDeviceTokenStore,
  PostgresLeaseStore,
  PostgresMarkStore,
  PostgresMediaStore,
  PostgresOutboxStore,
  PostgresPrivacyStore,
  PostgresPushLedger,
  PostgresSessionStore,
  PostgresUserStore,
  Sql,
} from '@parley/db';
import {
  type Config,
  createLog,
  DevInbox,
  inboxSms,
  installationSecret,
  JwtAccessTokens,
  type Logger,
  Metrics,
  OutboxRelay,
  Readiness,
  routePublisher,
  WorkerHasher,
  webhookSms,
} from '@parley/platform';
import { type Database, openDatabase } from './embedded.ts';
import { openBus } from './engines/bus.ts';
import { openMediaTools } from './engines/media-tools.ts';
import { openMessages } from './engines/messages.ts';
import { type ObjectEngine, openObjects } from './engines/objects.ts';
import { patiently } from './engines/patiently.ts';
import { openPushes } from './engines/pushes.ts';
import { openShared } from './engines/shared.ts';
import type { Runtime } from './runtime.ts';
import { sendTimes, timedMessages, timedPublish } from './stages.ts';

export interface RuntimeOverrides {
  clock?: Clock;
  log?: Logger;
}

/**
 * Opens the stores (starting the embedded ones), applies migrations, and makes the core over them. Subscribe consumers
 * before calling `start`. Stores of a cluster that are still starting are waited for, half a minute at most. Errors: whatever keeps
 * a store from opening, with a message that says what to do.
 */
export async function createRuntime(
  config: Config,
  program: string,
  overrides: RuntimeOverrides = {},
): Promise<Runtime> {
  const clock = overrides.clock ?? { now: Date.now };
  const log = overrides.log ?? createLog(config, program);
  // What was opened is closed again, last first, when something later cannot be.
  await using opened = new AsyncDisposableStack();
  const metrics = new Metrics();
  const readiness = new Readiness(config.storeTimeoutMs);
  const database = await openDatabase(config, log);
  opened.defer(() => database.stop());
  const sql = new Sql({
    url: database.url,
    poolSize: config.databasePoolSize,
    timeoutMs: config.storeTimeoutMs,
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  opened.defer(() => sql.close());
  await patiently('PostgreSQL', 'DATABASE_URL', log, () => sql.ping());
  await migrateAll(config, database, log);
  const prisma = createPrisma(sql);
  opened.defer(() => prisma.$disconnect());

  const secret = config.jwtSecret ?? (await installationSecret(config.dataDir));
  const leases = new PostgresLeaseStore(sql);
  const deadLetters = new PostgresDeadLetterStore(sql);
  const shared = openShared(config, program, clock, log);
  opened.defer(() => shared.close());
  const objects = openObjects(config, secret, clock);
  await startObjects(objects, log);
  opened.defer(() => objects.close());
  const mediaTools = await openMediaTools(config, program, log);
  opened.defer(() => mediaTools.close());
  const bus = openBus(config, program, { log, metrics, deadLetters });
  const relay = (store: OutboxStore, name: string): OutboxRelay =>
    new OutboxRelay({
      name,
      store,
      bus: timedPublish(bus, metrics.stages),
      leases,
      // With a bus of this process alone, nobody else publishes what is in the outbox.
      exclusive: config.natsUrl === null,
      expand: (row) => expandOutbox(core, row),
      log,
      metrics,
    });
  const sqlRelay = relay(new PostgresOutboxStore(sql), 'postgresql');
  const engine = await patiently('MongoDB', 'MONGO_URL', log, () => openMessages(config, sql, sqlRelay));
  opened.defer(() => engine.close());
  const mongoRelay = engine.outbox && relay(engine.outbox, 'mongodb');
  const relays = mongoRelay ? [sqlRelay, mongoRelay] : [sqlRelay];
  const hasher = new WorkerHasher(config.otpHashCost);
  opened.defer(() => hasher.close());
  const inbox = config.production ? null : new DevInbox();
  inbox?.shareOver(shared.signals);
  if (config.production && config.smsWebhookUrl === null) {
    log.warn({}, 'SMS_WEBHOOK_URL is not set: sign-in codes reach nobody');
  }
  const pushes = await openPushes(config, inbox, log, metrics);
  opened.defer(() => pushes.close());
  const core = createCore({
    settings: { otpEcho: config.otpEcho },
    clock,
    log,
    users: new PostgresUserStore(sql, prisma),
    sessions: new PostgresSessionStore(prisma),
    chats: new PostgresChatStore(sql, sqlRelay),
    messages: timedMessages(engine.messages, metrics.stages),
    sendTimes: sendTimes(metrics.stages),
    privacy: new PostgresPrivacyStore(sql),
    contacts: new PostgresContactStore(sql),
    marks: new PostgresMarkStore(sql),
    media: engine.media ?? new PostgresMediaStore(sql),
    mediaTools,
    objects: objects.store,
    devices: new PostgresDeviceTokenStore(sql),
    pushes,
    pushLedger: shared.pushLedger ?? new PostgresPushLedger(sql),
    keyValue: shared.keyValue,
    rates: shared.rates,
    presence: shared.presence,
    signals: shared.signals,
    fanOut: shared.fanOut,
    bus,
    publisher: routePublisher(mongoRelay ? { 'mongo:': mongoRelay } : {}, sqlRelay),
    tokens: new JwtAccessTokens({ current: secret, previous: config.jwtSecretPrevious }, clock),
    hasher,
    sms:
      config.smsWebhookUrl === null
        ? inboxSms(inbox, log)
        : webhookSms(config.smsWebhookUrl, config.smsWebhookToken),
  });

  readiness.add('postgresql', () => sql.ping());
  if (engine.ping) readiness.add('mongodb', engine.ping);
  if (shared.ping) readiness.add('redis', shared.ping);
  if (config.natsUrl) readiness.add('nats', () => bus.ping());
  if (config.minioEndpoint) readiness.add('s3', () => objects.ping());
  const stored = async () => {
    await core.sendQueue.settled();
    await core.positions.settled();
  };
  const stores = opened.move();
  return {
    config,
    core,
    leases,
    log,
    metrics,
    readiness,
    objectUrls: objects.urls,
    sweepObjects: objects.sweep,
    inbox,
    async start() {
      await patiently('NATS', 'NATS_URL', log, () => bus.start());
      for (const each of relays) await each.start();
    },
    async settled() {
      await stored();
      for (const each of relays) await each.settled();
      await bus.settled();
    },
    // From the outside in: what still waits is stored, then published, then the stores go.
    async close() {
      await stored();
      await bus.stop();
      for (const each of relays) {
        await each
          .stop()
          .catch((error) => log.warn({ err: error }, 'the outbox keeps what was not published'));
      }
      await bus.close();
      await stores.disposeAsync();
    },
  };
}

/** Messages need no files: a program starts without the object store, and `/ready` says that it is away. */
async function startObjects(objects: ObjectEngine, log: Logger): Promise<void> {
  try {
    await objects.start();
  } catch (error) {
    if (!isUnavailable(error)) {
      throw new Error(`The object store (MINIO_…): ${(error as Error).message}`, { cause: error });
    }
    log.warn({ err: error }, 'the object store is not available yet');
  }
}

async function migrateAll(config: Config, database: Database, log: Logger): Promise<void> {
  // On somebody's own database a changed schema is news; on the embedded one it is part of starting.
  const level = config.databaseUrl === null ? 'debug' : 'info';
  await migrate(database.url, { log: (line) => log[level]({}, line) });
}
