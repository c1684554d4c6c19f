/** Pushes to phones: device tokens, the push service, and what was pushed (contract section 6). */
import type { PushData, PushPlatform } from '@parley/contract';

export interface DeviceToken {
  /** Stays the same while the token does. */
  id: string;
  user_id: string;
  token: string;
  platform: PushPlatform;
  session_id: string | null;
}

export interface DeviceTokenStore {
  /** The session's only token from now on; it leaves whoever had it before. */
  register(input: {
    userId: string;
    sessionId: string;
    token: string;
    platform: PushPlatform;
  }): Promise<void>;
  /** Forgets the session's token; says whether there was one. */
  remove(userId: string, sessionId: string): Promise<boolean>;
  /** By user id; those without one are left out. Batched: calls at the same time share a query. */
  of(userIds: readonly string[]): Promise<Map<string, DeviceToken[]>>;
  /** Forgets a token that the push service does not know any more, unless another session registered it meanwhile. */
  drop(device: Pick<DeviceToken, 'id' | 'token'>): Promise<void>;
  /** Forgets tokens that nobody registered again since `before` (push services do so too); says how many. */
  expire(before: Date, limit: number): Promise<number>;
}

export interface Push {
  token: string;
  platform: PushPlatform;
  data: PushData;
  /** `high` wakes a phone; `normal` waits until it wakes. */
  priority: 'high' | 'normal';
  ttlSeconds: number;
}

/** What became of a push. */
export type PushResult =
  | { outcome: 'sent' }
  /** The service does not know the token any more. */
  | { outcome: 'unregistered' }
  /** The service will not take it, now or later. */
  | { outcome: 'refused'; reason: string };

export interface PushGateway {
  /**
   * Hands a push to the service, trying again for some seconds where it is busy. Errors: `SERVICE_UNAVAILABLE` where the service is
   * away or asks to wait longer: the push was not taken and can be tried again.
   */
  send(push: Push): Promise<PushResult>;
}

/** Why a user was pushed a message, or was not. */
export const pushReasons = [
  'sent',
  'muted',
  /** In a window that is not over yet. */
  'gathering',
  /** Connected before its window was over. */
  'connected',
  /** Read before its window was over. */
  'read',
  /** Deleted, or the user left, before it could be pushed. */
  'gone',
  /** Part of the push of a later message of the same window. */
  'collapsed',
  'no_device',
  'unregistered',
  'refused',
  /** The service is away: it is tried again. */
  'waiting',
] as const;
export type PushReason = (typeof pushReasons)[number];

export interface PushNote {
  messageId: string;
  userId: string;
  reason: PushReason;
  /** For an operator: how many devices, or what the service said; never what somebody wrote. */
  detail: string | null;
}

/** Messages of a group that wait for one recipient's window to end. */
export interface PushWindow {
  chatId: string;
  userId: string;
  /** Oldest first, at most 100. */
  messages: { messageId: string; seq: number }[];
  /** How many there are in all. */
  count: number;
  /** Tells this window, taken by this worker, from every other: for `close`. */
  lease: string;
}

/** What workers remember of pushes for a day, all of them together. Times are in milliseconds since the epoch. */
export interface PushLedger {
  /**
   * Adds a message to the window of each of these users in the chat, beginning one that ends at `now` + `windowMs` where none is open. A
   * message that was added before, or that is older than what already left a window of the user's, is not added again.
   */
  gather(
    message: { chatId: string; messageId: string; seq: number },
    userIds: readonly string[],
    windowMs: number,
    now: number,
  ): Promise<void>;
  /** Takes windows that are over at `now`; those that are not closed in `leaseMs` can be taken again. What comes meanwhile opens new ones. */
  take(now: number, limit: number, leaseMs: number): Promise<PushWindow[]>;
  /** Forgets windows that were dealt with. One that was taken by another worker since stays. */
  close(windows: readonly PushWindow[]): Promise<void>;
  /** When the next window ends; null where none is open. */
  nextDue(): Promise<number | null>;
  /** Which of these may be pushed now: each message to each device once, until given back. */
  claim(pairs: readonly { messageId: string; deviceId: string }[], now: number): Promise<boolean[]>;
  /** What was surely not pushed may be claimed again. */
  giveBack(pairs: readonly { messageId: string; deviceId: string }[]): Promise<void>;
  /** The devices show something of the chat. */
  shown(userId: string, chatId: string, deviceIds: readonly string[], now: number): Promise<void>;
  /** Which devices show something of the chat; they are forgotten with that. */
  takeShown(userId: string, chatId: string): Promise<string[]>;
  /** A later note takes the place of an earlier one. */
  note(notes: readonly PushNote[], now: number): Promise<void>;
  why(messageId: string, userId: string): Promise<(PushNote & { at: number }) | undefined>;
  /** Forgets what is older than a day, where the engine does not do so itself. */
  sweep(now: number): Promise<void>;
}
