/** The stores that core needs. Each port has one contract-test suite that every engine behind it passes. */
import type { ChatType, Message, Role } from '@parley/contract';

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
  /** Raises `user_version` by one if anything changes. */
  updateProfile(id: string, patch: ProfilePatch): Promise<UserRecord | undefined>;
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
}

export interface Member {
  user_id: string;
  role: Role;
  joined_at: string;
  /** Messages with a larger `seq` than this are visible to the member. */
  joined_seq: number;
  /** Null while a member; otherwise the last visible `seq`. */
  left_seq: number | null;
  delivered_seq: number;
  read_seq: number;
}

export interface ChatRecord {
  chat_id: string;
  type: ChatType;
  name: string;
  avatar_url: string;
  state_version: number;
  created_at: string;
  updated_at: string;
  /** Direct chats: one of the two blocked the other. */
  blocked: boolean;
  /** Present and former members. */
  members: Map<string, Member>;
}

/** A furthest position of one user in one chat; positions only move forward. */
export interface PositionMove {
  chatId: string;
  userId: string;
  delivered: number;
  read: number;
  context: EventContext;
}

/** Where a position stood and stands. */
export interface Span {
  from: number;
  to: number;
}

export interface PositionResult {
  /** The positions after the move, moved or not. */
  delivered: number;
  read: number;
  /** Null when nothing moved. */
  moved: {
    delivered: Span | null;
    read: Span | null;
    stateVersion: number;
    at: string;
    outboxId: string;
  } | null;
}

export interface ChatStore {
  /** The direct chat of a pair, made if there is none; concurrent calls make one. */
  openDirect(input: {
    chatId: string;
    creator: string;
    other: string;
    context: EventContext;
  }): Promise<
    | { created: true; chat: ChatRecord; userVersions: Record<string, number>; outboxId: string }
    | { created: false; chat: ChatRecord }
  >;
  find(ids: readonly string[]): Promise<Map<string, ChatRecord>>;
  /** Moves positions forward, raises each moved chat's `state_version`, and writes the outbox, in one commit. */
  advance(moves: readonly PositionMove[]): Promise<PositionResult[]>;
}

/** What an event carries besides its payload, kept with the change so that a crash loses none of it. */
export interface EventContext {
  eventId: string;
  requestId: string;
  trace: string | null;
  /** The connection that caused it, or null. */
  origin: string | null;
}

/** A message as stored: the wire's fields less those that depend on who looks. */
export type StoredMessage = Omit<Message, 'status' | 'is_starred' | 'media' | 'reply_to_preview'>;

export interface NewMessage {
  message_id: string;
  chat_id: string;
  sender_id: string;
  client_msg_id: string;
  type: Message['type'];
  payload: Message['payload'];
  reply_to_message_id: string | null;
  /** Tells a repeated send from a different one that reuses its id. */
  fingerprint: string;
  created_at: string;
  context: EventContext;
}

export type AppendResult =
  | { outcome: 'stored'; seq: number; version: number; outboxId: string }
  /** The sender used this `client_msg_id` before. */
  | { outcome: 'known'; message: StoredMessage; fingerprint: string };

export interface MessageStore {
  /**
   * Stores a batch in one commit, with its outbox entries. Numbers are given inside the commit: `seq` and `version` become
   * visible in their order, without holes. A known `client_msg_id` takes no number.
   */
  append(messages: readonly NewMessage[]): Promise<AppendResult[]>;
  /** The message that a sender stored under a `client_msg_id`. */
  known(
    senderId: string,
    clientMsgId: string,
  ): Promise<{ message: StoredMessage; fingerprint: string } | undefined>;
  byIds(ids: readonly string[]): Promise<Map<string, StoredMessage>>;
  /** Newest first, `seq` below `before`, within the visible window. */
  page(input: {
    chatId: string;
    before: number | null;
    after: number;
    upTo: number | null;
    limit: number;
  }): Promise<StoredMessage[]>;
  /** Ids and senders of messages by others in (`from`, `to`], newest first, at most `limit` per span. */
  others(
    spans: readonly { chatId: string; userId: string; from: number; to: number; limit: number }[],
  ): Promise<{ message_id: string; sender_id: string; seq: number }[][]>;
  /** Messages by others after `after`, neither deleted nor `system`, up to `upTo`. */
  countUnread(input: { chatId: string; userId: string; after: number; upTo: number | null }): Promise<number>;
  /** The chat's message counters. */
  heads(chatIds: readonly string[]): Promise<Map<string, { seq: number; version: number }>>;
}

export interface PrivacyRecord {
  last_seen: 'everyone' | 'contacts' | 'nobody';
  profile_photo: 'everyone' | 'contacts' | 'nobody';
  about: 'everyone' | 'contacts' | 'nobody';
  read_receipts: boolean;
}

/** How a viewer stands to a target. */
export interface Relation {
  privacy: PrivacyRecord;
  /** The viewer is in the target's contacts. */
  isContact: boolean;
  /** Either blocked the other. */
  blocked: boolean;
}

export interface PrivacyStore {
  /** Keys of the answer are the pairs' indexes. */
  relations(pairs: readonly { viewer: string; target: string }[]): Promise<Relation[]>;
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
