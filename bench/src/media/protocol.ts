/** What the benchmark of media asks of the processes that do the work: uploads and sends (the load generator), tools and pushes (`jobs.ts`). */
import type { MediaType } from '@parley/contract';

import type { Summary } from '../histogram.ts';
import type { SyncJob, SyncMeasured } from '../sync/job.ts';
import type { FamilyUse } from './family.ts';

/** A file that is uploaded, on the disk of this machine. */
export interface SampleFile {
  path: string;
  type: MediaType;
  filename: string;
  bytes: number;
}

export interface UploadsJob {
  url: string;
  file: SampleFile;
  /** Uploaders, each the next file when it is answered. */
  concurrency: number;
  /** Ends after so many uploads, or begins none after so many milliseconds. */
  until: { uploads: number } | { ms: number };
  /** Uploads of each uploader before that, not counted. */
  warmup: number;
}

export interface UploadsResult {
  /** From the first byte of the first to the answer of the last. */
  seconds: number;
  uploads: number;
  /** From the first byte sent to the last of the answer. */
  latency: Summary;
  /** Seconds from the first byte of the first until all were `ready`, as a video is when a worker has looked into it. */
  readySeconds: number;
  violations: number;
  firstViolations: string[];
}

/** Files that are uploaded while something else is measured. */
export interface BesideJob {
  url: string;
  file: SampleFile;
  /** So many per second on schedule; or so many always under way, from the first byte until they are `ready`. */
  pace: { perSecond: number } | { underWay: number };
}

export interface BesideResult {
  /** When files were ready, in milliseconds since the epoch. */
  readyAt: number[];
  latency: Summary;
  violations: number;
  firstViolations: string[];
}

/** Messages in direct chats to users who are not connected, each of whom has one device, and pushes that come to a fake FCM. */
export interface OfflineJob {
  url: string;
  pairs: number;
  /** Messages that each sender keeps outstanding; one is done when it is answered and its push has come. */
  inFlight: number;
  warmupMs: number;
  measureMs: number;
  drainMs: number;
}

export interface OfflineResult {
  seconds: number;
  accepted: number;
  pushed: number;
  /** From the call that sends to the request that came to the fake FCM. */
  push: Summary;
  acceptance: Summary;
  violations: number;
  firstViolations: string[];
}

/** What is added to the load generator's methods. */
export interface MediaMethods {
  uploads: { params: UploadsJob; result: UploadsResult };
  besideStart: { params: BesideJob; result: null };
  besideStop: { params: null; result: BesideResult };
  /** Starts the fake FCM; its address. */
  fcm: { params: null; result: { url: string } };
  offline: { params: OfflineJob; result: OfflineResult };
}

/** Images through the tools alone. */
export interface ImageToolsJob {
  path: string;
  temporaryDir: string;
  processes: number;
  forMs: number;
}

export interface ImageToolsResult {
  seconds: number;
  images: number;
  /** From the first byte to what was found; with two at a time for each process, so half of it is waiting. */
  latency: Summary;
  cpu: FamilyUse;
}

export const PUSH_CASES = ['online', 'direct', 'groups'] as const;
export type PushCase = (typeof PUSH_CASES)[number];

/** What one worker decides, on stores of its own. */
export interface PushJob {
  dataDir: string;
  /** Presence and the ledger are there; null for memory and PostgreSQL. */
  redisUrl: string | null;
  warmupMs: number;
  forMs: number;
}

export interface PushResult {
  case: PushCase;
  seconds: number;
  /** Of these: deciding on events, and pushing windows that are over. */
  parts: { events: number; windows: number };
  messages: number;
  /** Recipients decided on. */
  decisions: number;
  /** Handed to the gateway. */
  pushes: number;
  /** What was decided, as the metrics count it. */
  reasons: Record<string, number>;
  cpu: FamilyUse;
  violations: string[];
}

/** The methods of `jobs.ts`. */
export interface JobMethods {
  imageTools: { params: ImageToolsJob; result: ImageToolsResult };
  pushes: { params: PushJob; result: PushResult[] };
  sync: { params: SyncJob; result: SyncMeasured };
}
