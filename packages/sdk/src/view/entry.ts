import type { Message, Presence } from '@parley/contract';
import { Changes } from './changes.ts';
import type { MessageList } from './message-list.ts';
import { counts, emptyRoom, type Room } from './room.ts';
import { keepList } from './same.ts';
import type { UnsentMessage } from './unsent.ts';

/** What is held for one chat: the room, and what is only shown. */
export class Entry {
  room: Room;
  /** Whether somebody shows it; messages of the others are few, and are let go when they become many. */
  shown = false;
  unsent: readonly UnsentMessage[];
  draft = '';
  /** Up to which `seq` was read when the view was loaded or marked last; null before. */
  readBefore: number | null = null;
  /** Ids of users. */
  typing: readonly string[] = [];
  presence: Readonly<Record<string, Presence>> = {};
  view: MessageList | null = null;
  /** Fetches of pages, one after the other. */
  fetching: Promise<unknown> = Promise.resolve();
  expiry: ReturnType<typeof setTimeout> | undefined;
  expiresAt = Number.POSITIVE_INFINITY;
  readonly typists = new Map<string, ReturnType<typeof setTimeout>>();
  readonly changes = new Changes(() => this.snapshot);
  #all: readonly (Message | UnsentMessage)[] = [];
  #snapshot: readonly unknown[] = [];

  constructor(chatId: string, me: string, unsent: readonly UnsentMessage[]) {
    this.room = emptyRoom(chatId, me);
    this.unsent = unsent;
  }

  /** Empties it; the draft stays. */
  clear(me: string, unsent: readonly UnsentMessage[]): void {
    this.rest();
    this.expiresAt = Number.POSITIVE_INFINITY;
    this.readBefore = null;
    this.unsent = unsent;
    this.room = emptyRoom(this.room.chatId, me);
  }

  /** Ends what runs by itself: nobody types any more, as far as is known. */
  rest(): void {
    for (const timer of this.typists.values()) clearTimeout(timer);
    this.typists.clear();
    this.typing = keepList(this.typing, []);
    clearTimeout(this.expiry);
  }

  /** Stored messages, oldest first, then those that are not stored yet. */
  get all(): readonly (Message | UnsentMessage)[] {
    const stored = this.room.history?.messages ?? [];
    this.#all = keepList(this.#all, this.unsent.length === 0 ? stored : [...stored, ...this.unsent]);
    return this.#all;
  }

  /** The first message that was not read then. */
  get firstUnread(): string | null {
    const { readBefore: before, room } = this;
    if (before === null) return null;
    const first = room.history?.messages.find((message) => message.seq > before && counts(room, message));
    return first?.message_id ?? null;
  }

  /** All that a view shows; the same reference as long as nothing of it changed. */
  get snapshot(): readonly unknown[] {
    const { chat, participants, history } = this.room;
    const { all, typing, presence, draft, firstUnread } = this;
    const shown = [
      all,
      chat,
      participants,
      history?.older,
      history?.newer,
      typing,
      presence,
      draft,
      firstUnread,
    ];
    this.#snapshot = keepList(this.#snapshot, shown);
    return this.#snapshot;
  }
}
