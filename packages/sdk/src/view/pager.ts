/** Pages of one chat's messages (contract section 2, Messages): back to the beginning, and forward again. One after the other per chat. */
import type { InputOf, Message } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { MessagesApi } from '../procedures.ts';
import { adoptPage } from '../sync/adopt.ts';
import type { Entry } from './entry.ts';
import { findMessage } from './history.ts';
import type { History, Room } from './room.ts';

/** Messages that a view holds at most. */
export const heldMessages = 600;

const { default: usual, max } = limits.historyPage;

export interface PagerParts {
  readonly list: MessagesApi['list'];
  /** Ends all that is fetched. */
  readonly signal: () => AbortSignal;
  readonly set: (entry: Entry, room: Room) => void;
}

export class Pager {
  readonly #parts: PagerParts;
  /** Fetches under way. */
  readonly #work = new Set<Promise<unknown>>();

  constructor(parts: PagerParts) {
    this.#parts = parts;
  }

  /** Resolves when nothing is being fetched; false where nothing was. */
  async settled(): Promise<boolean> {
    const { size } = this.#work;
    await Promise.allSettled(this.#work);
    return size > 0;
  }

  /** Fetches the newest page, or the rest of it. */
  fill(entry: Entry): Promise<void> {
    return this.#inLane(entry, async () => {
      const { history } = entry.room;
      const held = history?.messages.length ?? 0;
      if (!history) await this.#newest(entry);
      else if (held < usual && !history.newer) await this.#older(entry, usual - held);
    });
  }

  /** Fetches the page before the oldest message that is held. */
  older(entry: Entry, limit: number = usual): Promise<void> {
    return this.#inLane(entry, () => this.#older(entry, limit));
  }

  /** Fetches the page after the newest message that is held. */
  newer(entry: Entry): Promise<void> {
    return this.#inLane(entry, () => this.#newer(entry));
  }

  /** Goes to the newest page. */
  newest(entry: Entry): Promise<void> {
    return this.#inLane(entry, async () => {
      if (entry.room.history?.newer !== false) await this.#newest(entry);
    });
  }

  /** Has a message held: by the page before, or by those around it; false where there is no such message. */
  reach(entry: Entry, messageId: string, signal: AbortSignal | undefined): Promise<boolean> {
    return this.#inLane(entry, async () => {
      const held = () => findMessage(entry.room, messageId) !== undefined;
      const oldest = entry.room.history?.messages[0]?.message_id ?? '';
      // Ids sort by time. One that is near is shown together with those that are held.
      if (!held() && messageId < oldest) await this.#older(entry, max);
      if (!held() && !signal?.aborted) await this.#around(entry, messageId);
      return held();
    });
  }

  async #newest(entry: Entry): Promise<void> {
    const begun = entry.room;
    const page = await this.#page(entry, { limit: usual });
    this.#adopt(entry, begun, page.messages, (messages) => ({ messages, older: page.next, newer: false }));
  }

  async #older(entry: Entry, limit: number): Promise<void> {
    const begun = entry.room;
    const cursor = begun.history?.older;
    if (!cursor) return;
    const page = await this.#page(entry, { cursor, limit });
    this.#adopt(entry, begun, page.messages, (messages) => {
      const { history } = entry.room;
      // Let go, or told anew, meanwhile.
      if (!history || history.older !== cursor) return history;
      const oldest = history.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
      const before = messages.filter(({ seq }) => seq < oldest);
      return withoutNewest({ ...history, messages: [...before, ...history.messages], older: page.next });
    });
  }

  async #newer(entry: Entry): Promise<void> {
    const begun = entry.room;
    if (!begun.history?.newer) return;
    const last = begun.history.messages.at(-1);
    if (!last) return this.#newest(entry);
    const page = await this.#page(entry, { after: last.message_id, limit: max });
    this.#adopt(entry, begun, page.messages, (messages) => {
      const { history } = entry.room;
      const newest = history?.messages.at(-1)?.seq ?? 0;
      if (!history?.newer || newest > last.seq) return history;
      const after = messages.filter(({ seq }) => seq > newest);
      const newer = page.next !== null;
      return withoutOldest({ ...history, messages: [...history.messages, ...after], newer });
    });
  }

  /** Holds what is around a message, in place of what is held. */
  async #around(entry: Entry, messageId: string): Promise<void> {
    const begun = entry.room;
    const after = await this.#page(entry, { after: messageId, limit: usual }).catch((error) => {
      // It is none of this chat that the user may see.
      if (error instanceof ParleyError && error.code === 'BAD_REQUEST') return null;
      throw error;
    });
    if (!after) return;
    const cursor = after.messages[0]?.message_id;
    const before = await this.#page(entry, { limit: usual, ...(cursor !== undefined && { cursor }) });
    if (!before.messages.some(({ message_id }) => message_id === messageId)) return;
    this.#adopt(entry, begun, [...before.messages, ...after.messages], (messages) => ({
      messages,
      older: before.next,
      // What came between the two pages and is held is none of theirs.
      newer: after.next !== null || entry.room.chat?.version !== begun.chat?.version,
    }));
  }

  /** Asks for a page, oldest first, and how the next one in its direction begins. */
  async #page(
    { room }: Entry,
    asked: Omit<InputOf<'messages.list'>, 'chat_id'>,
  ): Promise<{ messages: readonly Message[]; next: string | null }> {
    const { list, signal } = this.#parts;
    const stop = signal();
    const page = await list({ chat_id: room.chatId, ...asked }, { signal: stop });
    stop.throwIfAborted();
    return { messages: page.messages.reverse(), next: page.next_cursor };
  }

  #adopt(
    entry: Entry,
    begun: Room,
    messages: readonly Message[],
    history: (known: readonly Message[]) => History | null,
  ): void {
    this.#parts.set(entry, adoptPage(entry.room, { begun, messages, history }));
  }

  #inLane<T>(entry: Entry, work: () => Promise<T>): Promise<T> {
    const done = entry.fetching.then(work, work);
    entry.fetching = done;
    this.#work.add(done);
    const end = () => void this.#work.delete(done);
    done.then(end, end);
    return done;
  }
}

/** Lets go of the newest messages beyond what a view holds. */
function withoutNewest(history: History): History {
  if (history.messages.length <= heldMessages) return history;
  return { ...history, messages: history.messages.slice(0, heldMessages), newer: true };
}

/** Lets go of the oldest messages beyond what a view holds. */
export function withoutOldest(history: History): History {
  if (history.messages.length <= heldMessages) return history;
  const messages = history.messages.slice(-heldMessages);
  return { ...history, messages, older: messages[0]?.message_id ?? null };
}
