import { limits } from '@parley/contract';

/** Every time that real time goes by, in milliseconds; tests shorten them. */
export interface Timings {
  /** A raw connection without a token may take so long to send `auth`. */
  readonly authMs: number;
  /** Typing that is not renewed ends. */
  readonly typingMs: number;
  /** Typing that is renewed is told again at most so often. */
  readonly typingRepeatMs: number;
  /** Who left is told to be offline after this, if they have not come back. */
  readonly offlineMs: number;
  /** How often expired tokens and late `auth` frames are looked for. */
  readonly tickMs: number;
  /** How often leases are renewed and silent connections looked for. */
  readonly sweepMs: number;
  readonly silenceMs: number;
  /** A peer that does not answer our close is cut off after this. */
  readonly closeMs: number;
  /** The same for one that reads too slowly to see it. */
  readonly slowCloseMs: number;
  /** Socket.IO's own pings and how long their answer may take; together less than `silenceMs`. */
  readonly pingMs: number;
  readonly pongMs: number;
  /** In a cluster, a message that overtook an earlier one of its chat waits so long for it. */
  readonly holdMs: number;
}

export const defaultTimings: Timings = {
  authMs: limits.authSeconds * 1000,
  typingMs: limits.typingSeconds * 1000,
  typingRepeatMs: (limits.typingSeconds * 1000) / 2,
  offlineMs: 1_000,
  tickMs: 1_000,
  sweepMs: 10_000,
  silenceMs: limits.heartbeat.silenceSeconds * 1000,
  closeMs: 5_000,
  slowCloseMs: 1_000,
  pingMs: limits.heartbeat.pingSeconds * 1000,
  pongMs: 20_000,
  holdMs: 3_000,
};
