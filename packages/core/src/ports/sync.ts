/** What sync asks of the stores (contract section 2, Sync): which numbers moved, and what moved them. */
import type { Member } from './chats.ts';
import type { StoredMessage, Window } from './messages.ts';

/** What raised a user's `user_version`. */
export type UserChangeKind =
  /** A chat is new, or was left; `ref` is the chat. */
  | 'chat'
  /** Mute and pin; `ref` is the chat. */
  | 'chat_own'
  | 'profile'
  | 'privacy'
  | 'contacts'
  /** `ref` is the other user. */
  | 'block'
  /** `ref` is the message. */
  | 'star'
  | 'hide';

/** One number of a user's, and how what it is about stands now. */
export interface UserChangeRecord {
  /** The `user_version`. */
  version: number;
  kind: UserChangeKind;
  ref: string | null;
  /** The chat it is about; of `star` and `hide` the message's. Null for the others. */
  chat_id: string | null;
  /** Of `star` whether the message is starred now, of `block` whether the other is blocked now. */
  is_set: boolean;
}

/** How a user stands to a chat, where sync has to look closer. */
export type Standing =
  /** It was never in it, or there is no such chat. */
  | 'stranger'
  /** It was in it, and knows all that it will ever know. */
  | 'done'
  /** It was in it, and has not been told all of it. */
  | 'former'
  /** It is a member, and there is more than the `state_version` that it knows, or less. */
  | 'moved';

/** A user's membership as sync needs it. */
export interface SyncMembership {
  chat_id: string;
  /** Messages with a larger `seq` are visible; null while it is not known from where on. */
  joined_seq: number | null;
  /** Null while a member; otherwise the last visible `seq`. */
  left_seq: number | null;
  /** The chat's `state_version` by which this membership began; 0 for who was there from the beginning. */
  joined_version: number;
  /** The chat's `state_version`; for a former member that by which it left. */
  state_version: number;
  /** Up to which `state_version` it is known whose windows begin and end where; not more than `state_version`. */
  settled_version: number;
  /** The chat's `version` at leaving; null while a member. */
  left_version: number | null;
}

/** A participant with the chat's `state_version` of its last change. */
export interface SyncMember extends Member {
  chat_id: string;
  state_version: number;
}

/** What `ChatStore` gives to sync. */
export interface ChatSyncReads {
  /**
   * What raised a user's `user_version` after `after`, in order, at most `limit`; from the beginning where `after` is larger than
   * the head. All of it is of one moment. Undefined where there is no such user.
   */
  userChanges(
    userId: string,
    after: number,
    limit: number,
  ): Promise<{ head: number; changes: UserChangeRecord[] } | undefined>;
  /**
   * How the user stands to those of the chats in which something may have to be told beside messages; members of a chat of which
   * they know the `state_version` are left out. One query for any number of them.
   */
  standings(
    userId: string,
    known: readonly { chatId: string; version: number; stateVersion: number }[],
  ): Promise<Map<string, Standing>>;
  /** The user's memberships in these chats, present and former; chats the user was never in are left out. */
  syncMemberships(userId: string, chatIds: readonly string[]): Promise<Map<string, SyncMembership>>;
  /**
   * Participants that changed after a `state_version`, chat after chat in the order given, each chat's in the order of their numbers: at most
   * `limit` in all. Only those whose window is known, and whose time met the viewer's: members, and who left after the viewer joined.
   */
  participantsSince(
    asks: readonly { chatId: string; stateVersion: number; joinedSeq: number; joinedVersion: number }[],
    limit: number,
  ): Promise<SyncMember[]>;
}

/** What `MessageStore` gives to sync. */
export interface MessageSyncReads {
  /**
   * The heads of those chats whose `version` is not the one given, and of those marked `always`, in the order given, at most `limit`. A chat
   * without messages has version 0. A few queries for any number of chats.
   */
  newerHeads(
    known: readonly { chatId: string; version: number; always: boolean }[],
    limit: number,
  ): Promise<Map<string, { seq: number; version: number }>>;
  /**
   * Messages whose present version is in (`version`, `upToVersion`] and that lie in the window, in the order of their versions, at
   * most `limit` of each ask. A few queries for any number of asks; no two are of one chat.
   */
  changedSince(
    asks: readonly { window: Window; version: number; upToVersion: number; limit: number }[],
  ): Promise<StoredMessage[][]>;
  /** All messages of these stretches, `seq` in (`from`, `to`], in no order. They are short, and no two are of one chat. */
  between(stretches: readonly { chatId: string; from: number; to: number }[]): Promise<StoredMessage[]>;
}
