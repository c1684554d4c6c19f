/** What a client holds of one chat. Rooms are never changed: folding an event makes another one, which shares what stayed. */
import type {
  ChatSummary,
  InputOf,
  Media,
  Message,
  Participant,
  ServerEvent,
  ServerEventData,
} from '@parley/contract';

/** Messages held of a chat: from one on without a hole, up to the newest. */
export interface History {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** The cursor of the next older page; null where the history begins. */
  readonly older: string | null;
}

/** How far somebody came, as `seq`; only forward. */
export interface Position {
  readonly delivered: number;
  readonly read: number;
}

/**
 * Whether the room may differ from what the server would say. `now`: what came could not be folded exactly. `later`: the
 * chat's `state_version` has jumped, which is mostly a receipt that others were told of.
 */
export type Doubt = 'none' | 'later' | 'now';

export interface Room {
  readonly chatId: string;
  /** The user who looks. */
  readonly me: string;
  /** Null until it was fetched. Its `version` and `state_version` are the numbers of the last events that were folded. */
  readonly chat: ChatSummary | null;
  /** Null where only the list's entry was fetched. */
  readonly participants: readonly Participant[] | null;
  /** Null until messages are asked for. */
  readonly history: History | null;
  /** Positions that events told of, by user id. */
  readonly positions: Readonly<Record<string, Position>>;
  /**
   * Of messages after this `seq` every position that passed them was told, and those who are members now are those who got
   * them. Of older ones only pages know.
   */
  readonly liveFrom: number;
  /** The largest `seq` that is known; 0 for none. */
  readonly headSeq: number;
  /** The `user_version` of the last event of the user's own that was folded here; 0 for none. */
  readonly ownVersion: number;
  /** What the user marked of late, by message id: such an event may overtake that of the message. */
  readonly marks: ReadonlyMap<string, 'hidden' | 'starred' | 'not starred'>;
  /** Message ids by the `version` that is taken to be theirs: the answer to a send does not tell it. */
  readonly guessed: ReadonlyMap<number, string>;
  /** When the chat was fetched last (milliseconds since the epoch), and the `version` that was known before. */
  readonly readAt: number;
  readonly sureVersion: number;
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
  /** Something of this chat may have been missed. */
  | { readonly type: 'missed' }
  /** This device has said that messages up to `seq` arrived. */
  | { readonly type: 'delivered'; readonly data: { readonly seq: number } }
  /** The user has read up to `seq`; `unread` is what the server answers, null while it has not. */
  | { readonly type: 'read'; readonly data: { readonly seq: number; readonly unread: number | null } };

export function emptyRoom(chatId: string, me: string): Room {
  return {
    chatId,
    me,
    chat: null,
    participants: null,
    history: null,
    positions: {},
    liveFrom: 0,
    headSeq: 0,
    ownVersion: 0,
    marks: new Map(),
    guessed: new Map(),
    readAt: 0,
    sureVersion: 0,
    doubt: 'none',
  };
}

/** The room with a doubt; a greater one stays. */
export function doubting(room: Room, doubt: Doubt): Room {
  if (room.doubt === 'now' || room.doubt === doubt || doubt === 'none') return room;
  return { ...room, doubt };
}

/** The room with other fields of its chat. */
export function withChat(room: Room, patch: Partial<ChatSummary>): Room {
  return room.chat ? { ...room, chat: { ...room.chat, ...patch } } : room;
}
