import type { CpuUse } from '../cpu.ts';
import type { Summary } from '../histogram.ts';
import type { FamilyUse } from './family.ts';
import type { ImageToolsResult, PushResult, UploadsResult } from './protocol.ts';

/** Uploads of one file, one after the other or many at the same time. */
export interface UploadRow extends Omit<UploadsResult, 'violations' | 'firstViolations'> {
  name: string;
  /** Bytes of the file. */
  bytes: number;
  concurrency: number;
  /** Of the server, of its PostgreSQL and of what looks into files, over all uploads until all are ready; null where it cannot be told. */
  cpu: FamilyUse | null;
  /** Resident memory of the server process before, and the most until the last answer and until all are ready; null where it cannot be told. */
  rssKb: { before: number; most: number; mostReady: number } | null;
}

/** Images through the tools alone. */
export interface ToolsRow extends ImageToolsResult {
  processes: number;
}

/** What one worker decides with its ledger in one engine. */
export interface PushRow extends PushResult {
  engine: string;
}

/** Messages to users who are away, through a whole server. */
export interface OfflineRow {
  name: string;
  pairs: number;
  inFlight: number;
  acceptedPerSecond: number;
  pushedPerSecond: number;
  push: Summary;
  acceptance: Summary;
  cpu: CpuUse;
}

export const BESIDE = ['nothing', 'images', 'videos'] as const;
/** What goes on beside the messages. */
export type Beside = (typeof BESIDE)[number];

export const LOADS = ['closed', 'open'] as const;
export type LoadName = (typeof LOADS)[number];

/** One measurement of messages. */
export interface BesideRound {
  beside: Beside;
  load: LoadName;
  round: number;
  deliveredPerSecond: number;
  delivery: Summary;
  cpu: CpuUse;
  /** The server's part of it, with what looks into files apart from PostgreSQL; null where it cannot be told. */
  family: FamilyUse | null;
  /** Files that became ready in the measured period, and how long uploads took. */
  files: number;
  upload: Summary | null;
}

export interface Sample {
  name: string;
  bytes: number;
}

/** What was measured; a part that was not asked for, or could not run, is empty. */
export interface MediaRows {
  uploads: UploadRow[];
  thumbnails: { uploads: UploadRow[]; tools: ToolsRow[] };
  pushes: { rows: PushRow[]; offline: OfflineRow[]; missing: string[] };
  beside: BesideRound[];
}

export function noRows(): MediaRows {
  return {
    uploads: [],
    thumbnails: { uploads: [], tools: [] },
    pushes: { rows: [], offline: [], missing: [] },
    beside: [],
  };
}
