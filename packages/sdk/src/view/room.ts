/** What a client holds of one chat. Rooms are never changed: folding an event makes another one, which shares what stayed. */
import type {
  ChatSummary,
  InputOf,
  Media,
  Message,
  Participant,
  ServerEvent,
  ServerEventData,
  SyncParticipant,
} from '@parley/contract';

/** Messages held of a chat: from one on without a hole, up to the newest or, where newer ones were let go, to an older one. */
export interface History {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** The cursor of the next older page; null where the history begins. */
  readonly older: string | null;
  /** Whether there are, or may be, newer messages than those that are held. */
  readonly newer: boolean;
}

/** The two counters of a chat (contract section 2, Sync). */
export type Counter = 'version' | 'state_version';
export type Numbers = Readonly<Record<Counter, number>>;

/** An event that came before those that precede it. */
export interface Ahead {
  readonly counter: Counter;
  readonly number: number;
  readonly event: RoomEvent;
}

/** Whether to sync the chat: `now`, or `later` where most likely nothing that is shown was missed. */
export type Doubt = 'none' | 'later' | 'now';

export interface Room {
  readonly chatId: string;
  /** The user who looks. */
  readonly me: string;
  /** Null until it was told. Its `version` and `state_version` are the numbers up to which all was folded. */
  readonly chat: ChatSummary | null;
  /** Present and former members with their positions, by id. */
  readonly people: ReadonlyMap<string, SyncParticipant>;
  /** Up to which `seq` the user has read here, where the server has not answered yet; it is not kept over a reload. */
  readonly reading: number;
  /** The present members. */
  readonly participants: readonly Participant[];
  /** Null until messages are asked for. */
  readonly history: History | null;
  /** Events beyond the numbers, in their order. */
  readonly ahead: readonly Ahead[];
  /** From which numbers to ask, where that is less than what was folded; else infinite. */
  readonly again: Numbers;
  /**
   * Whether more is to come of what was told up to the numbers: what changed before and after them is told with the rest alone, so that no
   * event can be folded before.
   */
  readonly partial: boolean;
  /** The last `version` that was of a message that is not held. */
  readonly unseen: number;
  /** What the user marked of late, by message id: such an event may overtake that of the message, or a page. */
  readonly marks: ReadonlyMap<string, 'hidden' | 'starred' | 'not starred'>;
  /** When the counts were told last, in milliseconds since the epoch, and which `version` messages were told after then. */
  readonly countedAt: number;
  readonly toldFrom: number;
  readonly doubt: Doubt;
}

/** Events of the server that a room folds. */
export type FoldedEvent = Extract<
  ServerEvent,
  | 'message.new'
  | 'message.status'
  | 'message.deleted'
  | 'message.edited'
  | 'message.reaction'
  | 'message.starred'
  | 'media.updated'
  | 'chat.created'
  | 'chat.updated'
  | 'group.member.added'
  | 'group.member.removed'
>;

/** What a room folds: the server's events, and answers to what the user did here. */
export type RoomEvent =
  | { [E in FoldedEvent]: { readonly type: E; readonly data: ServerEventData<E> } }[FoldedEvent]
  | {
      readonly type: 'sent';
      readonly frame: InputOf<'messages.send'>;
      readonly data: ServerEventData<'message.sent'>;
      /** The file that it carries, where that is known. */
      readonly media?: Media | undefined;
    }
  /** This device has said that messages up to `seq` arrived. */
  | { readonly type: 'delivered'; readonly data: { readonly seq: number } }
  /** The user has read up to `seq`; `unread` is what the server answers, null while it has not. */
  | { readonly type: 'read'; readonly data: { readonly seq: number; readonly unread: number | null } };

const nothing: Numbers = { version: Number.POSITIVE_INFINITY, state_version: Number.POSITIVE_INFINITY };

export function emptyRoom(chatId: string, me: string): Room {
  return {
    chatId,
    me,
    chat: null,
    people: new Map(),
    reading: 0,
    participants: [],
    history: null,
    ahead: [],
    again: nothing,
    partial: false,
    unseen: 0,
    marks: new Map(),
    countedAt: 0,
    toldFrom: Number.POSITIVE_INFINITY,
    doubt: 'none',
  };
}

/** Whether the newest message is held. */
export function atNewest({ history }: Room): boolean {
  return history?.newer === false;
}

/** Whether a message counts as unread as long as it was not read. */
export function counts(room: Room, { sender_id, type, is_deleted }: Message): boolean {
  return sender_id !== room.me && type !== 'system' && !is_deleted;
}
