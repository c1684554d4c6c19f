/** Where pushes go: FCM where credentials are configured, otherwise the log and the dev inbox. */
import type { PushGateway } from '@parley/core';
import {
  type Config,
  type DevInbox,
  FcmGateway,
  inboxPush,
  type Logger,
  type Metrics,
  readFcmAccount,
} from '@parley/platform';

export interface PushEngine extends PushGateway {
  close(): Promise<void>;
}

/** Errors: the credentials cannot be read, said plainly. */
export async function openPushes(
  config: Config,
  inbox: DevInbox | null,
  log: Logger,
  metrics: Metrics,
): Promise<PushEngine> {
  if (config.fcmCredentialsPath === null) {
    return Object.assign(inboxPush(inbox, log, { production: config.production }), {
      close: async () => undefined,
    });
  }
  return FcmGateway.create({
    account: await readFcmAccount(config.fcmCredentialsPath),
    endpoint: config.fcmEndpoint,
    timeoutMs: config.fcmTimeoutMs,
    concurrency: config.fcmConcurrency,
    log,
    metrics: { pushes: metrics.pushes, duration: metrics.pushSeconds, breaker: metrics.pushBreaker },
  });
}
