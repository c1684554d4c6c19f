import type { Message, Presence } from '@parley/contract';
import { Changes } from './changes.ts';
import type { MessageList } from './message-list.ts';
import type { Room } from './room.ts';
import { keepList } from './same.ts';
import type { UnsentMessage } from './unsent.ts';

/** What the store holds for one chat: the room, and what is only shown. */
export class Entry {
  room: Room;
  /** Whether its messages are held, and kept up to date. */
  withMessages = false;
  /** Whether somebody shows them; those that nobody shows are few, and are let go when there would be much to fetch. */
  shown = false;
  unsent: readonly UnsentMessage[] = [];
  /** Ids of users. */
  typing: readonly string[] = [];
  presence: Readonly<Record<string, Presence>> = {};
  view: MessageList | null = null;
  /** Fetches, and sends over HTTP, one after the other. */
  fetching: Promise<unknown> = Promise.resolve();
  sending: Promise<unknown> = Promise.resolve();
  expiry: ReturnType<typeof setTimeout> | null = null;
  expiresAt = Number.POSITIVE_INFINITY;
  readonly typists = new Map<string, ReturnType<typeof setTimeout>>();
  readonly changes = new Changes(() => this.snapshot);
  #all: readonly (Message | UnsentMessage)[] = [];
  #snapshot: readonly unknown[] = [];

  constructor(room: Room) {
    this.room = room;
  }

  /** Stored messages, oldest first, then those that are not stored yet. */
  get all(): readonly (Message | UnsentMessage)[] {
    const stored = this.room.history?.messages ?? [];
    this.#all = keepList(this.#all, this.unsent.length === 0 ? stored : [...stored, ...this.unsent]);
    return this.#all;
  }

  /** All that a view shows; the same reference as long as nothing of it changed. */
  get snapshot(): readonly unknown[] {
    const { chat, participants, history } = this.room;
    this.#snapshot = keepList(this.#snapshot, [
      this.all,
      chat,
      participants,
      history?.older,
      this.typing,
      this.presence,
    ]);
    return this.#snapshot;
  }
}
