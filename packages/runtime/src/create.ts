/** Puts the engines together. Which engine stands behind a port follows from the configuration. */
import { type Clock, createCore, expandOutbox } from '@parley/core';
import {
  createPrisma,
  migrate,
  PostgresChatStore,
  PostgresDeadLetterStore,
  PostgresMessageStore,
  PostgresOutboxStore,
  PostgresPrivacyStore,
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
  MemoryBus,
  MemoryKeyValue,
  MemoryPresence,
  MemoryRateLimiter,
  MemorySignals,
  Metrics,
  OutboxRelay,
  Readiness,
  WorkerHasher,
  webhookSms,
} from '@parley/platform';
import { openDatabase } from './embedded.ts';
import type { Runtime } from './runtime.ts';

export interface RuntimeOverrides {
  clock?: Clock;
  log?: Logger;
}

/**
 * Opens the stores (starting the embedded ones), applies migrations, and makes the core over them. Subscribe consumers
 * before calling `start`: it publishes what an earlier process left in the outbox. Errors: whatever keeps a store from opening, with a message
 * that says what to do.
 */
export async function createRuntime(
  config: Config,
  program: string,
  overrides: RuntimeOverrides = {},
): Promise<Runtime> {
  const clock = overrides.clock ?? { now: Date.now };
  const log = overrides.log ?? createLog(config, program);
  const metrics = new Metrics();
  const readiness = new Readiness(config.storeTimeoutMs);
  const database = await openDatabase(config, log);
  // On somebody's own database a changed schema is news; on the embedded one it is part of starting.
  const level = config.databaseUrl === null ? 'debug' : 'info';
  await migrate(database.url, { log: (line) => log[level]({}, line) });

  const sql = new Sql({
    url: database.url,
    poolSize: config.databasePoolSize,
    timeoutMs: config.storeTimeoutMs,
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  const prisma = createPrisma(sql);
  const bus = new MemoryBus({ log, metrics, deadLetters: new PostgresDeadLetterStore(sql) });
  const relay: OutboxRelay = new OutboxRelay({
    store: new PostgresOutboxStore(sql),
    bus,
    expand: (row) => expandOutbox(core, row),
    log,
    metrics,
  });
  const inbox = config.production ? null : new DevInbox();
  if (config.production && config.smsWebhookUrl === null) {
    log.warn({}, 'SMS_WEBHOOK_URL is not set: sign-in codes reach nobody');
  }
  const hasher = new WorkerHasher(config.otpHashCost);
  const secret = config.jwtSecret ?? (await installationSecret(config.dataDir));
  const core = createCore({
    settings: { otpEcho: config.otpEcho },
    clock,
    log,
    users: new PostgresUserStore(sql, prisma),
    sessions: new PostgresSessionStore(prisma),
    chats: new PostgresChatStore(sql, relay),
    messages: new PostgresMessageStore(sql, relay),
    privacy: new PostgresPrivacyStore(sql),
    keyValue: new MemoryKeyValue(clock),
    rates: new MemoryRateLimiter(config.rateLimits, config.rateLimitScale),
    presence: new MemoryPresence(clock),
    bus,
    signals: new MemorySignals(log),
    publisher: relay,
    tokens: new JwtAccessTokens({ current: secret, previous: config.jwtSecretPrevious }, clock),
    hasher,
    sms:
      config.smsWebhookUrl === null
        ? inboxSms(inbox, log)
        : webhookSms(config.smsWebhookUrl, config.smsWebhookToken),
  });

  readiness.add('postgresql', () => sql.ping());
  const settled = async () => {
    await core.sendQueue.settled();
    await core.positions.settled();
    await relay.settled();
    await bus.settled();
  };
  return {
    config,
    core,
    log,
    metrics,
    readiness,
    inbox,
    start: () => relay.start(),
    settled,
    // From the outside in: what still waits is stored, then published, then the stores go.
    async close() {
      await core.sendQueue.settled();
      await core.positions.settled();
      bus.close();
      await relay
        .stop()
        .catch((error) => log.warn({ err: error }, 'the outbox keeps what was not published'));
      await hasher.close();
      await prisma.$disconnect();
      await sql.close();
      await database.stop();
    },
  };
}
