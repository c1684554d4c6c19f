/** Chats, their members, and the positions of these. */
import type { AutoDeleteSeconds, ChatType, Role } from '@parley/contract';
import type { EventContext, Tell, Told } from './stores.ts';
import type { ChatSyncReads } from './sync.ts';

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

/** What admins (of a direct chat: both) can change. */
export interface ChatSettings {
  name: string;
  description: string;
  avatar_url: string;
  is_admin_only: boolean;
  auto_delete_seconds: AutoDeleteSeconds;
}

/** A chat as all its members share it. */
export interface ChatRecord extends ChatSettings {
  chat_id: string;
  type: ChatType;
  state_version: number;
  created_at: string;
  updated_at: string;
  /** Direct chats: one of the two blocked the other. */
  blocked: boolean;
  /** Present and former members, oldest first. */
  members: Map<string, Member>;
}

/** What a member set for itself. */
export interface OwnSettings {
  is_muted: boolean;
  /** Null while muted is for ever. */
  mute_until: string | null;
  is_pinned: boolean;
}

/** One chat of a user's list, as little as sorting needs. */
export interface Membership {
  chat_id: string;
  is_pinned: boolean;
  /** When `is_pinned` last became what it is; null if it never changed. */
  pin_changed_at: string | null;
  joined_at: string;
  joined_seq: number;
  /** Null while a member. */
  left_at: string | null;
  left_seq: number | null;
}

/** A chat in one user's list, without its members; for a former member as it was when it left. */
export interface ChatListing extends ChatSettings, OwnSettings {
  chat_id: string;
  type: ChatType;
  state_version: number;
  created_at: string;
  /** The user's own membership. */
  self: Member;
  /** When the user left; null while a member. */
  left_at: string | null;
  /** The chat's `version` when the user left; null while a member. */
  left_version: number | null;
  /** The other one of a direct chat. */
  other: Member | null;
}

export type MemberChange =
  | { kind: 'join'; userId: string; role: Role }
  | { kind: 'leave'; userId: string }
  | { kind: 'role'; userId: string; role: Role };

/** What is to be changed of a chat, decided on its state under its lock. */
export interface ChatDecision<T> {
  result: T;
  /** The chat's `version` as far as it is known; kept for those who leave. */
  version?: number;
  settings?: Partial<ChatSettings>;
  /** In this order. */
  members?: MemberChange[];
}

/** What a decision came to. */
export interface ChatChanged {
  /** The chat after it. */
  chat: ChatRecord;
  /** The settings that changed, with their new values. */
  settings: Partial<ChatSettings>;
  /** The chat's `state_version` of the changed settings; null where none changed. */
  settingsVersion: number | null;
  /** Those that changed something, as given, with the chat's `state_version` of each and, for joins and leaves, the `user_version` of who it is about. */
  members: (MemberChange & { stateVersion: number; userVersion: number | null })[];
}

/** An outbox row to be written with a change. */
export interface OutboxDraft {
  subject: string;
  payload: unknown;
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

/** When a user's position passed a message; null for not yet. */
export interface Receipt {
  user_id: string;
  delivered_at: string | null;
  read_at: string | null;
}

export interface ChatStore extends ChatSyncReads {
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
  /**
   * Makes a group in one commit: chat, group, members (the creator as admin), everyone's `user_version` (kind `chat`), and the outbox
   * rows that `tell` makes. Its `state_version` begins with 1. Undefined, and nothing is made, where one of the users does not exist.
   */
  createGroup(
    input: { chatId: string; creator: string; others: readonly string[]; name: string; description: string },
    tell: (chat: ChatRecord, userVersions: Record<string, number>) => readonly OutboxDraft[],
  ): Promise<{ chat: ChatRecord; userVersions: Record<string, number>; outboxIds: string[] } | undefined>;
  /**
   * Changes a chat in one commit. `decide` gets it as it is under its lock, and what it throws is passed on with nothing changed.
   * Each member change, and the settings together, raise `state_version` by one in the order members, settings; the row of each changed
   * member notes its number. A join or leave raises that user's `user_version` (kind `chat`); the window of who joins is empty until
   * `setWindows` says where it begins; that of who leaves ends with `headSeq` until it says better, and the chat as it was is kept for them. Who joins again keeps an earlier window's beginning only if it
   * never left. Settings and roles that are as they were change nothing. What `tell` makes goes to the outbox in the same commit; it is not
   * called where nothing changed. Errors: `CHAT_NOT_FOUND`.
   */
  change<T>(
    chatId: string,
    headSeq: number,
    decide: (chat: ChatRecord) => ChatDecision<T>,
    tell: (changed: ChatChanged, result: T) => readonly OutboxDraft[],
  ): Promise<{ result: T; changed: ChatChanged | null; outboxIds: string[] }>;
  /**
   * Says where windows begin and end by the place of the system message that told of it: `joined` see what comes from `seq` on, `left` what
   * came before it. Each edge is set once, by the message of its own change: one that was changed again since stays as it is, and so does
   * one that already lies behind `seq`. `told` says more of the message: its `version`, by which it shows up to which `version` those who left know the
   * chat; and whether it was stored too late to say where windows ended: those stay as they are.
   */
  setWindows(
    chatId: string,
    seq: number,
    joined: readonly string[],
    left: readonly string[],
    told?: { version: number; late: boolean },
  ): Promise<void>;
  find(ids: readonly string[]): Promise<Map<string, ChatRecord>>;
  /** Every chat that the user is or was in, in no order. */
  memberships(userId: string): Promise<Membership[]>;
  /** Chats of the user's list; those the user was never in are left out. */
  listings(userId: string, chatIds: readonly string[]): Promise<Map<string, ChatListing>>;
  /** The direct chat of a pair, if there is one. */
  directOf(a: string, b: string): Promise<string | undefined>;
  /** Raises `user_version` (kind `chat_own`) if anything changes. Undefined where the user was never in the chat. */
  setOwn(
    userId: string,
    chatId: string,
    patch: Partial<OwnSettings>,
    tell: Tell,
  ): Promise<{ settings: OwnSettings; told: Told | null } | undefined>;
  /** Those of these group photos that a group has, or that a former member is shown; each begins with `/avatars/`. */
  avatarsInUse(urls: readonly string[]): Promise<Set<string>>;
  /** Which of these users have muted the chat at `now`. Batched: calls at the same time share a query. */
  mutedBy(chatId: string, userIds: readonly string[], now: string): Promise<Set<string>>;
  /** Moves positions forward, raises each moved chat's `state_version`, and writes the outbox, in one commit. */
  advance(moves: readonly PositionMove[]): Promise<PositionResult[]>;
  /** When these users' positions passed `seq`; in no order. */
  receipts(chatId: string, seq: number, userIds: readonly string[]): Promise<Receipt[]>;
}
