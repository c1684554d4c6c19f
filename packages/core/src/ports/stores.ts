/** The stores that core needs. Each port has one contract-test suite that every engine behind it passes. */
import type { AnyBusEvent } from '@parley/contract';

export * from './chats.ts';
export * from './media.ts';
export * from './messages.ts';
export * from './people.ts';
export * from './push.ts';
export * from './sync.ts';

/** What an event carries besides its payload, kept with the change so that a crash loses none of it. */
export interface EventContext {
  eventId: string;
  requestId: string;
  trace: string | null;
  /** The connection that caused it, or null. */
  origin: string | null;
  /** The session that caused it; not there in what was stored before it was. */
  session?: string | null;
}

/**
 * Makes the events of a change from the `user_version` that it raised. They go to the outbox in the same commit, as a row of subject
 * `events`.
 */
export type Tell = (userVersion: number) => AnyBusEvent[];

/** What was committed for publishing: hand it to the publisher. */
export interface Told {
  outboxId: string;
  events: AnyBusEvent[];
}

/** A user as stored; times are ISO 8601 UTC with milliseconds. */
export interface UserRecord {
  id: string;
  phone: string;
  display_name: string;
  avatar_url: string;
  status_text: string;
  last_seen: string | null;
  user_version: number;
  created_at: string;
  updated_at: string;
}

export interface ProfilePatch {
  display_name?: string | undefined;
  status_text?: string | undefined;
  avatar_url?: string | undefined;
}

export interface UserStore {
  /** The user with this phone, made if there is none; concurrent calls make one. */
  upsertByPhone(phone: string): Promise<{ user: UserRecord; isNew: boolean }>;
  /** Batched and never stale. */
  find(id: string): Promise<UserRecord | undefined>;
  findMany(ids: readonly string[]): Promise<Map<string, UserRecord>>;
  /** Raises `user_version` by one, and tells of it, if anything changes. */
  updateProfile(
    id: string,
    patch: ProfilePatch,
    tell: Tell,
  ): Promise<{ user: UserRecord; told: Told | null } | undefined>;
  /** Those of these photos that somebody has; each begins with `/avatars/`. */
  avatarsInUse(urls: readonly string[]): Promise<Set<string>>;
  /** Only moves forward. */
  setLastSeen(id: string, at: Date): Promise<void>;
}

export interface NewSession {
  sessionId: string;
  userId: string;
  tokenHash: string;
  expiresAt: Date;
  deviceName: string | null;
  devicePlatform: string | null;
}

/** What presenting a refresh token came to. */
export type Rotation =
  | { outcome: 'rotated'; userId: string; sessionId: string; phone: string }
  | { outcome: 'unknown' }
  /** Its session was ended before. */
  | { outcome: 'revoked'; sessionId: string }
  | { outcome: 'expired' }
  /** A rotated token was used after the grace time: the family was revoked in the same step. */
  | { outcome: 'stolen'; userId: string; sessionId: string };

/** A session that can still be renewed; times are ISO 8601 UTC with milliseconds. */
export interface SessionRecord {
  session_id: string;
  device_name: string | null;
  device_platform: string | null;
  /** When it signed in, as far back as is known. */
  created_at: string;
  /** When its tokens were renewed last. */
  renewed_at: string;
}

export interface SessionStore {
  create(session: NewSession): Promise<void>;
  /**
   * One atomic step: marks the token as rotated and adds its successor. A token that was rotated less than `graceSeconds`
   * ago gets a further successor; later, the whole family is revoked.
   */
  rotate(input: {
    tokenHash: string;
    newHash: string;
    newExpiresAt: Date;
    now: Date;
    graceSeconds: number;
  }): Promise<Rotation>;
  /** The session that a refresh token belongs to, whatever its state. */
  sessionOf(tokenHash: string): Promise<{ userId: string; sessionId: string } | undefined>;
  /**
   * Revokes sessions with their refresh tokens and push tokens; `all` means every session of the user. Says which sessions may
   * still have access tokens, also those that were revoked before: a call whose other effects failed can be repeated.
   */
  revoke(userId: string, sessionIds: readonly string[] | 'all'): Promise<string[]>;
  /** The user's sessions whose tokens can still be renewed at `now`, the last renewed first. */
  list(userId: string, now: Date): Promise<SessionRecord[]>;
  /** Whether a session is or was the user's, as long as it is remembered. */
  isOf(userId: string, sessionId: string): Promise<boolean>;
  /** Forgets sessions of which no token has worked since `before`, with their push tokens; at most `limit` tokens. Says how many tokens. */
  forget(before: Date, limit: number): Promise<number>;
}

/** A change that is committed but perhaps not published yet. */
export interface OutboxRow {
  id: string;
  subject: string;
  payload: unknown;
}

export interface OutboxStore {
  /** Oldest first; `claim` keeps other relays away from the same rows for that many seconds. */
  pending(input: { olderThanSeconds: number; limit: number; claimSeconds: number }): Promise<OutboxRow[]>;
  /** Forgets published rows. */
  complete(ids: readonly string[]): Promise<void>;
}

/** An event that a consumer could not handle. */
export interface DeadLetter {
  id: string;
  consumer: string;
  /** The event as it was on the bus. */
  event: unknown;
  error: string;
  deliveries: number;
  created_at: string;
}

export interface DeadLetterStore {
  put(letter: { consumer: string; event: unknown; error: string; deliveries: number }): Promise<void>;
  count(): Promise<number>;
  /** Newest first; `before` is the id of the last one of the page before. */
  list(input: { limit: number; before: string | null }): Promise<DeadLetter[]>;
  find(id: string): Promise<DeadLetter | undefined>;
  /**
   * Hands letters back to their consumers: in one commit each leaves the list and goes to the outbox (subject `dlq.replay`,
   * payload `{ consumer, event }`), from where a relay publishes it for that consumer alone. Says which were there.
   */
  replay(ids: readonly string[]): Promise<string[]>;
}

/** Work that one of many instances does at a time. */
export interface LeaseStore {
  /** Takes or renews the lease for that many seconds; false while another holder has it. */
  hold(name: string, holder: string, seconds: number): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}
