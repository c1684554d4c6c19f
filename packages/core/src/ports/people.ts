/** What users have set about each other, and what they marked: all of it theirs alone. */
import type { PrivacySettings } from '@parley/contract';
import type { Tell, Told } from './stores.ts';

export type PrivacyRecord = PrivacySettings;

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
  /** The user's own settings; the defaults where none were made. */
  find(userId: string): Promise<PrivacyRecord>;
  /** Raises `user_version` (kind `privacy`) if anything changes. */
  update(
    userId: string,
    patch: Partial<PrivacyRecord>,
    tell: Tell,
  ): Promise<{ privacy: PrivacyRecord; told: Told | null }>;
}

/** A contact as its owner may see it, after privacy and blocks. */
export interface ContactRecord {
  user_id: string;
  display_name: string;
  avatar_url: string;
  status_text: string;
  /** The owner blocked this user. */
  is_blocked: boolean;
}

export interface ContactStore {
  /**
   * Finds users by phone and makes them the user's contacts, all in one query; the user's own phone is left out. Photos are after
   * privacy and blocks. Raises `user_version` (kind `contacts`) if a contact is new.
   */
  sync(
    userId: string,
    phones: readonly string[],
    tell: Tell,
  ): Promise<{
    found: { phone: string; user_id: string; display_name: string; avatar_url: string }[];
    told: Told | null;
  }>;
  /** Contacts by name, those without one last; after privacy. Who was only blocked is no contact. */
  list(userId: string): Promise<ContactRecord[]>;
  /** Raises `user_version` (kind `block`) if it changes. Undefined where the target does not exist. */
  setBlocked(
    userId: string,
    targetId: string,
    blocked: boolean,
    tell: Tell,
  ): Promise<{ told: Told | null } | undefined>;
}

/** Which message a mark is on. */
export interface MarkedMessage {
  message_id: string;
  chat_id: string;
  seq: number;
}

/** Stars, and messages deleted for oneself. */
export interface MarkStore {
  /** Raises `user_version` (kind `star`) if it changes. */
  star(userId: string, message: MarkedMessage, starred: boolean, tell: Tell): Promise<Told | null>;
  /** Hides for ever. Raises `user_version` (kind `hide`) if it changes. */
  hide(userId: string, message: MarkedMessage, tell: Tell): Promise<Told | null>;
  /** Those of these messages that the user marked. */
  of(
    userId: string,
    messageIds: readonly string[],
  ): Promise<Map<string, { starred: boolean; hidden: boolean }>>;
  /** Ids of hidden messages in each window. */
  hiddenIn(
    userId: string,
    windows: readonly { chatId: string; after: number; upTo: number | null }[],
  ): Promise<string[][]>;
  /** Starred messages that are not hidden, the last starred first; `before` is the last one of the page before. */
  starred(
    userId: string,
    before: { starred_at: string; message_id: string } | null,
    limit: number,
  ): Promise<(MarkedMessage & { starred_at: string })[]>;
}
