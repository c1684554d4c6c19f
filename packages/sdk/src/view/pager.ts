/** Pages of one chat's messages (contract section 2, Messages): back to the beginning, and forward again. One after the other per chat. */
import type { InputOf } from '@parley/contract';
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
      else if (held < usual && history.newer.length === 0) await this.#older(entry, usual - held);
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
      if (entry.room.history?.newer.length !== 0) await this.#newest(entry);
    });
  }

  /** Fetches pages until a message is held; false where there is no such message. */
  reach(entry: Entry, messageId: string, signal: AbortSignal | undefined): Promise<boolean> {
    return this.#inLane(entry, async () => {
      const held = () => findMessage(entry.room, messageId) !== undefined;
      const newest = entry.room.history?.messages.at(-1)?.message_id ?? '';
      // Ids sort by time.
      const after = messageId > newest && entry.room.history?.newer.length !== 0;
      if (!held() && (after || !entry.room.history)) await this.#newest(entry);
      while (!held() && entry.room.history?.older && !signal?.aborted) await this.#older(entry, max);
      return held();
    });
  }

  async #newest(entry: Entry): Promise<void> {
    await this.#page(entry, null, usual, (messages, older) => ({ messages, older, newer: [] }));
  }

  async #older(entry: Entry, limit: number): Promise<void> {
    const cursor = entry.room.history?.older;
    if (!cursor) return;
    await this.#page(entry, cursor, limit, (messages, older) => {
      const { history } = entry.room;
      // Let go, or told anew, meanwhile.
      if (!history || history.older !== cursor) return history;
      const oldest = history.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
      const before = messages.filter(({ seq }) => seq < oldest);
      return withoutNewest({ ...history, messages: [...before, ...history.messages], older });
    });
  }

  async #newer(entry: Entry): Promise<void> {
    for (let on = true; on; ) {
      const { history } = entry.room;
      const first = history?.newer.at(-1);
      if (!history || first === undefined) return;
      const { newer } = history;
      on = false;
      await this.#page(entry, newer.at(-2) ?? null, max, (messages, older) => {
        const now = entry.room.history;
        if (now?.newer !== newer) return now;
        const newest = now.messages.at(-1)?.seq ?? 0;
        const meets = !older || messages.some(({ seq, message_id }) => seq <= newest || message_id === first);
        const after = messages.filter(({ seq }) => seq > newest);
        // More came at the end than one page, or the first one is there no more: first the page before.
        on = !meets || after.length === 0;
        if (!meets) return { ...now, newer: [...newer.slice(0, -1), messages[0]?.message_id ?? '', first] };
        return withoutOldest({ ...now, messages: [...now.messages, ...after], newer: newer.slice(0, -1) });
      });
    }
  }

  async #page(
    entry: Entry,
    cursor: string | null,
    limit: number,
    history: (messages: History['messages'], older: string | null) => History | null,
  ): Promise<void> {
    const { list, signal, set } = this.#parts;
    const stop = signal();
    const begun = entry.room;
    const input: InputOf<'messages.list'> = {
      chat_id: begun.chatId,
      limit,
      ...(cursor !== null && { cursor }),
    };
    const page = await list(input, { signal: stop });
    stop.throwIfAborted();
    const messages = page.messages.reverse();
    set(
      entry,
      adoptPage(entry.room, { begun, messages, history: (known) => history(known, page.next_cursor) }),
    );
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

/** Lets go of the newest messages beyond what a view holds, and remembers where their pages begin. */
function withoutNewest(history: History): History {
  const { messages, newer } = history;
  const starts: string[] = [];
  for (let at = messages.length; at > heldMessages; ) {
    at = Math.max(heldMessages, at - max);
    starts.push(messages[at]?.message_id ?? '');
  }
  return starts.length === 0
    ? history
    : { ...history, messages: messages.slice(0, heldMessages), newer: [...newer, ...starts] };
}

/** Lets go of the oldest messages beyond what a view holds. */
export function withoutOldest(history: History): History {
  if (history.messages.length <= heldMessages) return history;
  const messages = history.messages.slice(-heldMessages);
  return { ...history, messages, older: messages[0]?.message_id ?? null };
}
