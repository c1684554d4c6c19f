/** What the views fetch: chats, pages of messages, pages of the list. Answers are completed by the events that came meanwhile. */
import type { ChatSummary } from '@parley/contract';
import { type ParleyError, toParleyError } from '../errors.ts';
import { abortError, sleep } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import { limits } from '../limits.ts';
import { adopt, adoptOlder, adoptSummary } from './adopt.ts';
import type { Entry } from './entry.ts';
import { Journal } from './journal.ts';
import { newest, pageOf } from './pages.ts';
import { Refetcher } from './refetcher.ts';
import { doubting, type Room } from './room.ts';
import type { Store } from './store.ts';

/** Chats of the list that are fetched again at most; those beyond are let go. */
const againChats = 500;

export class Fetching {
  readonly journal = new Journal();
  readonly #store: Store;
  readonly #refetcher: Refetcher;
  #stop = new AbortController();
  /** The list's own fetches, one after the other. */
  #listing: Promise<unknown> = Promise.resolve();
  #cursor: string | null = null;
  #listed = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#refetcher = new Refetcher(store.parts.timing, (entry) => this.#untilFetched(entry));
  }

  /** Whether the list was asked for. */
  get listed(): boolean {
    return this.#listed > 0;
  }

  /** Whether there are chats that were not fetched. */
  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  consider(entry: Entry): void {
    this.#refetcher.consider(entry);
  }

  forget(entry: Entry): void {
    this.#refetcher.forget(entry);
  }

  settled(): Promise<void> {
    return this.#refetcher.settled();
  }

  /** Events may have been missed, of any chat: fetches again all that is held. */
  everything(): void {
    for (const entry of this.#store.entries) {
      if (entry.shown && entry.withMessages) {
        this.#store.doubt(entry);
        this.#refetcher.hurry(entry);
      } else if (entry.withMessages || entry.room.participants) {
        this.#store.dropMessages(entry);
      }
    }
    if (this.listed) void this.#refetcher.track(this.#persist(() => this.reload()));
  }

  /** Fetches a chat, and its newest messages if these are wanted. */
  chat(entry: Entry): Promise<void> {
    return this.#refetcher.track(
      this.#inLane(entry, async (signal) => {
        const { chats, messages } = this.#store.parts.api;
        const begun: Room = { ...entry.room, doubt: 'none' };
        entry.room = begun;
        await this.#recorded(signal, async (since) => {
          const chat = await chats.get({ id: begun.chatId }, { signal });
          const history = entry.withMessages ? await newest(messages, entry.room, signal) : null;
          const now = Date.now();
          const events = since(begun.chatId);
          this.#store.set(entry, adopt(entry.room, { chat, history }, { begun, events, now }));
        }).catch((error) => {
          // Whether it is tried again is for those who asked to say.
          if (!signal.aborted) entry.room = doubting(entry.room, 'now');
          throw error;
        });
      }),
    );
  }

  /** Fetches the page before the oldest message that is held. */
  older(entry: Entry, limit: number | undefined): Promise<void> {
    return this.#refetcher.track(
      this.#inLane(entry, async (signal) => {
        const begun = entry.room;
        const cursor = begun.history?.older;
        if (!cursor) return;
        await this.#recorded(signal, async (since) => {
          const count = limit ?? limits.historyPage.default;
          const page = await pageOf(this.#store.parts.api.messages, begun.chatId, cursor, count, signal);
          const events = since(begun.chatId);
          this.#store.set(entry, adoptOlder(entry.room, page, { begun, events, now: Date.now() }));
        });
      }),
    );
  }

  /** Fetches the list from its beginning, as far as it was fetched before. */
  reload(): Promise<void> {
    return this.#inList((signal) => this.#list(null, Math.min(againChats, this.#listed), signal));
  }

  /** Fetches the next page of the list. */
  more(limit: number | undefined): Promise<void> {
    return this.#inList(async (signal) => {
      if (this.#cursor !== null) await this.#list(this.#cursor, limit ?? limits.chatPage.default, signal);
    });
  }

  /** Ends all fetches, and forgets how far the list was fetched. */
  stop(reason: ParleyError): void {
    this.#stop.abort(reason);
    this.#stop = new AbortController();
    this.#refetcher.clear();
    this.#cursor = null;
    this.#listed = 0;
  }

  async #list(from: string | null, count: number, signal: AbortSignal): Promise<void> {
    const { chats } = this.#store.parts.api;
    const rooms = new Map([...this.#store.entries].map((entry) => [entry, entry.room]));
    await this.#recorded(signal, async (since) => {
      const found: ChatSummary[] = [];
      let cursor = from;
      do {
        const limit = Math.min(limits.chatPage.max, Math.max(limits.chatPage.default, count - found.length));
        const page = await chats.list({ limit, ...(cursor === null ? {} : { cursor }) }, { signal });
        found.push(...page.chats);
        cursor = page.next_cursor;
      } while (cursor !== null && found.length < count);
      this.#listed = from === null ? Math.max(1, found.length) : this.#listed + found.length;
      this.#cursor = cursor;
      for (const summary of found) {
        const entry = this.#store.entry(summary.chat_id);
        const begun = rooms.get(entry) ?? entry.room;
        const events = since(summary.chat_id);
        this.#store.set(entry, adoptSummary(entry.room, summary, { begun, events, now: Date.now() }));
      }
      if (from === null) this.#letGo(rooms.keys(), found);
      this.#store.changes.touch();
    });
  }

  /** Chats that were known and are not among those fetched again: they come with the next page. */
  #letGo(known: Iterable<Entry>, found: readonly ChatSummary[]): void {
    const ids = new Set(found.map(({ chat_id }) => chat_id));
    for (const entry of known) if (!ids.has(entry.room.chatId) && !entry.shown) this.#store.remove(entry);
  }

  /** Keeps the events that come while it works. Asking for them throws where the answer is for a user who has gone. */
  async #recorded(
    signal: AbortSignal,
    work: (since: (chatId: string) => ReturnType<Journal['since']>) => Promise<void>,
  ): Promise<void> {
    const mark = this.journal.begin();
    try {
      await work((chatId) => {
        if (signal.aborted) throw abortError(signal);
        return this.journal.since(mark, chatId);
      });
    } finally {
      this.journal.end(mark);
    }
  }

  #inLane(entry: Entry, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    const run = () => (signal.aborted ? Promise.reject(abortError(signal)) : work(signal));
    const done = entry.fetching.then(run, run);
    entry.fetching = done;
    return done;
  }

  #inList(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    const run = () => (signal.aborted ? Promise.reject(abortError(signal)) : work(signal));
    const done = this.#listing.then(run, run);
    this.#listing = done;
    return this.#refetcher.track(done);
  }

  async #untilFetched(entry: Entry): Promise<void> {
    const error = await this.#persist(() => this.chat(entry));
    if (error?.code === 'CHAT_NOT_FOUND') this.#store.remove(entry);
    // Asking again would not help.
    else if (error) entry.room = { ...entry.room, doubt: 'none' };
  }

  /** Works until it succeeds, through lost networks and rate limits; resolves with an error that time does not mend. */
  async #persist(work: () => Promise<void>): Promise<ParleyError | null> {
    const { timing, debug } = this.#store.parts;
    const { signal } = this.#stop;
    const backoff = new Backoff(timing.backoffMs, timing.backoffMaxMs);
    for (;;) {
      try {
        await work();
        return null;
      } catch (cause) {
        const error = toParleyError(cause);
        if (signal.aborted || !error.retriable) {
          debug('the view could not be brought up to date', { code: error.code });
          return error;
        }
        await sleep(Math.max(backoff.next(), (error.retryAfter ?? 0) * 1000), signal);
      }
    }
  }
}
