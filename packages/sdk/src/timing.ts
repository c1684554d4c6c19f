import { limits } from './limits.ts';

/** All waiting times of the client, in milliseconds, in one place; tests make them shorter. */
export interface Timing {
  /** How long a call may take. */
  readonly requestMs: number;
  /** How long an upload or a download may stand still, and its answer take. */
  readonly transferIdleMs: number;
  /** How long an upload that broke off is held back when it is tried again, so that a refusal can be read first. */
  readonly earlyAnswerMs: number;
  /** How long one try to refresh may take, and the pause before the next; see exchange.ts. */
  readonly refreshMs: number;
  readonly refreshPauseMs: number;
  /** How long before its end an access token is renewed; never more than a fifth of its life. */
  readonly marginMs: number;
  /** How long an acknowledgement may take. */
  readonly ackMs: number;
  /** How long a connection may take to be set up. */
  readonly handshakeMs: number;
  /** First and longest wait between two connections (contract section 4, back-off). */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A connection that lived this long makes the next wait the first one again. */
  readonly stableMs: number;
  readonly pingMs: number;
  /** How often `typing.start` is repeated at most, while someone goes on typing. */
  readonly typingMs: number;
  /** How long others are shown typing without news. */
  readonly typingEndsMs: number;
  /** How long a missing event may still come before what it told is synced; it may have been overtaken. */
  readonly gapMs: number;
  /** How soon changes are written to the database: all of a while at once. */
  readonly writeMs: number;
  /** Least and most time between two syncs of one chat alone; and how long one may wait whose need is small. */
  readonly refetchMs: number;
  readonly refetchMaxMs: number;
  readonly refetchLaterMs: number;
}

export const defaultTiming: Timing = {
  requestMs: 30_000,
  transferIdleMs: 60_000,
  earlyAnswerMs: 500,
  refreshMs: 4000,
  refreshPauseMs: 500,
  marginMs: 60_000,
  ackMs: 10_000,
  handshakeMs: 20_000,
  backoffMs: 1000,
  backoffMaxMs: 30_000,
  stableMs: 10_000,
  pingMs: limits.heartbeat.pingSeconds * 1000,
  // Typing ends by itself after 5 s, so this keeps it alive with time to spare.
  typingMs: (limits.typingSeconds * 1000 * 3) / 5,
  typingEndsMs: limits.typingSeconds * 1000,
  gapMs: 100,
  writeMs: 200,
  refetchMs: 1000,
  refetchMaxMs: 30_000,
  refetchLaterMs: 5000,
};
