import type { Core } from '@parley/core';
import type { Config, DevInbox, Logger, Metrics, Readiness } from '@parley/platform';

/** What every program of Parley stands on: configuration, the core over its engines, and what watches over them. */
export interface Runtime {
  readonly config: Config;
  readonly core: Core;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** What was "sent" on a development server; null in production and on distributed engines. */
  readonly inbox: DevInbox | null;
  /** Publishes what an earlier process left in the outbox, then keeps sweeping; call it once consumers are subscribed. */
  start(): Promise<void>;
  /** Resolves when everything accepted so far is stored, published and handled: for tests and for draining. */
  settled(): Promise<void>;
  /** Lets engines and stores go, in order. */
  close(): Promise<void>;
}
