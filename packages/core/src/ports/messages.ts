/** Messages. */
import type { Message } from '@parley/contract';
import type { EventContext } from './stores.ts';
import type { MessageSyncReads } from './sync.ts';

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
  forwarded_from: Message['forwarded_from'];
  /** Tells a repeated send from a different one that reuses its id. */
  fingerprint: string;
  created_at: string;
  expires_at: string | null;
  /** What search finds it by. */
  tokens: string[];
  context: EventContext;
}

export type AppendResult =
  | { outcome: 'stored'; seq: number; version: number; outboxId: string }
  /** The sender used this `client_msg_id` before. */
  | { outcome: 'known'; message: StoredMessage; fingerprint: string };

/** A change of a stored message; it raises the chat's `version`. `at` is when, ISO 8601. */
export type MessageChange = {
  messageId: string;
  chatId: string;
  at: string;
  context: EventContext;
} & (
  | { kind: 'delete' }
  /** A deletion because its time is over: changes nothing before `expires_at`. */
  | { kind: 'expire' }
  | { kind: 'edit'; payload: Message['payload']; tokens: string[] }
  | { kind: 'react'; userId: string; emoji: string | null }
  /** The file that it carries is ready: nothing stored of the message changes but its `version` and `updated_at`. */
  | { kind: 'media' }
);

export type ChangeResult =
  /** `released` is the file that the message carried and, with this deletion, carries no more. */
  | { outcome: 'changed'; message: StoredMessage; outboxId: string; released: string | null }
  /** It was so already. */
  | { outcome: 'unchanged'; message: StoredMessage }
  /** There is no such message, or it was deleted or its time was over: it can be neither edited nor reacted to. */
  | { outcome: 'gone' };

/** A change that was committed: enough to make its event, now or after a crash. In outbox rows of subject `msg.changed`. */
export interface CommittedChange {
  messageId: string;
  chatId: string;
  kind: MessageChange['kind'];
  /** Of the message. */
  seq: number;
  /** Of the chat, raised by this change. */
  version: number;
  /** Of a reaction: whose, and which; null otherwise. */
  userId: string | null;
  emoji: string | null;
  /** Of a deletion: the file that the message carried. Not there in rows from before it was. */
  released?: string | null;
  context: EventContext;
}

/** The visible part of a chat: `seq` in (`after`, `upTo`]; null for no end. */
export interface Window {
  chatId: string;
  after: number;
  upTo: number | null;
}

/** A condition of a search: a token, or how one begins. */
export interface SearchTerm {
  token: string;
  prefix: boolean;
}

export interface MessageStore extends MessageSyncReads {
  /**
   * Stores a batch in one commit, with its outbox entries. Numbers are given inside the commit: `seq` and `version` become
   * visible in their order, without holes. A known `client_msg_id` takes no number.
   */
  append(messages: readonly NewMessage[]): Promise<AppendResult[]>;
  /**
   * Changes messages, each with the chat's next `version`, and writes the outbox (subject `msg.changed`) in the same commit. A
   * deletion empties payload, reactions and search tokens, and keeps the row.
   */
  change(changes: readonly MessageChange[]): Promise<ChangeResult[]>;
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
  /**
   * How many messages by others in each window are neither deleted, `system`, over their time at `now`, nor among `except`. At a cost that
   * does not grow with how many there are.
   */
  unread(
    asks: readonly (Window & { userId: string; except: readonly string[] })[],
    now: string,
  ): Promise<number[]>;
  /** The newest message of each window that is neither deleted, over its time at `now`, nor among `except`, which are few. */
  newest(
    asks: readonly (Window & { except: readonly string[] })[],
    now: string,
  ): Promise<(StoredMessage | undefined)[]>;
  /**
   * When the newest message of each chat was sent, deleted ones too; with `asOf`, the newest of those sent by then. Chats without one are left
   * out. Cheap for thousands of chats without `asOf`.
   */
  activity(chatIds: readonly string[], asOf?: string): Promise<Map<string, string>>;
  /** The chat's message counters. */
  heads(chatIds: readonly string[]): Promise<Map<string, { seq: number; version: number }>>;
  /** Messages whose time is over at `now` and that were not emptied yet, longest over first. */
  expired(now: string, limit: number): Promise<{ message_id: string; chat_id: string }[]>;
  /** Messages that carry the file and are not deleted, in no order, at most `limit`. */
  carriers(mediaId: string, limit: number): Promise<{ message_id: string; chat_id: string; seq: number }[]>;
  /** Those of the files that some message that is not deleted carries. */
  carried(mediaIds: readonly string[]): Promise<Set<string>>;
  /** Whether a message in one of the windows carries the file, neither deleted nor over its time at `now`. */
  carriedIn(mediaId: string, windows: readonly Window[], now: string): Promise<boolean>;
  /** Messages with all terms, newest first, neither deleted nor over their time at `now`. */
  searchChat(input: {
    window: Window;
    terms: readonly SearchTerm[];
    limit: number;
    now: string;
  }): Promise<StoredMessage[]>;
  /**
   * The same over many chats, sorted by `message_id`, downwards from `before`. `windows` come with the chat's last activity, the latest
   * first.
   */
  searchChats(input: {
    windows: readonly (Window & { lastAt: string })[];
    terms: readonly SearchTerm[];
    before: string | null;
    limit: number;
    now: string;
  }): Promise<StoredMessage[]>;
}
