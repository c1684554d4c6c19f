import type { CpuUse } from './cpu.ts';
import type { Transport } from './load/connection.ts';
import type { GroupResult, MessagesResult, RestResult } from './protocol.ts';

/** Messages between pairs of users. */
export interface MessagesRow extends MessagesResult {
  kind: 'messages';
  name: string;
  transport: Transport;
  pairs: number;
  /** Null in the open loop. */
  inFlight: number | null;
  /** Messages per second asked for; null in a closed loop. */
  rate: number | null;
  receipts: boolean;
  acceptedPerSecond: number;
  deliveredPerSecond: number;
  cpu: CpuUse;
}

/** Messages in one group. */
export interface GroupRow extends GroupResult {
  kind: 'group';
  name: string;
  members: number;
  inFlight: number;
  acceptedPerSecond: number;
  deliveredPerSecond: number;
  cpu: CpuUse;
}

/** One server's share of the REST row. */
export interface RestSide {
  /** Median of the rounds. */
  perSecond: number;
  p50: number;
  p99: number;
  /** CPU time of the server with its children, per request, over all rounds; null when not known. */
  cpuMicroseconds: number | null;
  rounds: (Omit<RestResult, 'violations' | 'firstViolations'> & { perSecond: number; cpu: CpuUse })[];
}

export interface RestRow {
  kind: 'rest';
  name: string;
  connections: number;
  parley: RestSide;
  express: RestSide;
  /** Median over the rounds of Parley's requests/s divided by bare Express's in the same round. */
  ratio: number;
}

export interface IdleRow {
  kind: 'idle';
  name: string;
  transport: Transport;
  connections: number;
  signInsPerSecond: number;
  connectsPerSecond: number;
  /** Resident memory of the server process; null where it cannot be told. */
  rssKb: { before: number; half: number; after: number } | null;
  kbPerConnection: number | null;
  /** Of the second half of the connections alone: what the first ones warmed up is not in it. */
  kbPerConnectionSecondHalf: number | null;
  /** False when memory had not come to rest in the time given to it. */
  settled: boolean;
  note: string | null;
}

export type Row = MessagesRow | GroupRow | RestRow | IdleRow;
