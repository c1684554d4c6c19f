import type { Core, LeaseStore } from '@parley/core';
import type { Config, DevInbox, Logger, Metrics, Readiness } from '@parley/platform';

export interface ObjectUrls {
  /** `key` is the path after `/objects/`, percent-decoded. */
  verify(key: string, query: URLSearchParams): 'valid' | 'expired' | 'forged';
}

/** What every program of Parley stands on: configuration, the core over its engines, and what watches over them. */
export interface Runtime {
  readonly config: Config;
  readonly core: Core;
  /** Work that one of many instances does at a time. */
  readonly leases: LeaseStore;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  /** Checks addresses of files that this server serves itself; null where an S3 serves them. */
  readonly objectUrls: ObjectUrls | null;
  /** Tidies up what the object store itself leaves behind; null where it needs no such thing. */
  readonly sweepObjects: (() => Promise<void>) | null;
  /** What was "sent" on a development server; null in production. */
  readonly inbox: DevInbox | null;
  /**
   * Consumers begin to get events, and what earlier processes left in the outbox is published. Call it once, after everything has
   * subscribed.
   */
  start(): Promise<void>;
  /** Resolves when everything accepted so far is stored, published and handled here: for tests and for draining. */
  settled(): Promise<void>;
  /** Lets engines and stores go, in order. */
  close(): Promise<void>;
}
