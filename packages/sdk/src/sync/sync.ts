/**
 * Asking for what was missed (contract section 2, Sync): everything with each connection, and one chat where its numbers jump. One
 * request at a time; what comes to be asked for meanwhile gathers. Lost networks, rate limits and a server in trouble are waited out.
 */
import type { SyncInput, SyncResult } from '@parley/contract';
import { type ParleyError, toParleyError } from '../errors.ts';
import { abortError, onAbort, sleep, unlessAborted } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import type { DebugLog } from '../lib/debug.ts';
import { type Deferred, deferred, quiet } from '../lib/deferred.ts';
import type { Timing } from '../timing.ts';
import { numbersOf } from '../view/changed-room.ts';
import type { Entry } from '../view/entry.ts';
import type { Doubt, Numbers, Room } from '../view/room.ts';
import { Plans } from './plans.ts';

/** Whether something more can come of it. */
export function isOpen({ chat, partial }: Room): boolean {
  return chat !== null && (chat.is_member || partial);
}

/** What is synced: the store of the views. */
export interface Synced {
  /** Up to which all that is the user's own was folded; null before the first sync. */
  readonly user: number | null;
  /** All chats that can change. */
  readonly members: readonly Entry[];
  /** Whether the live connection is there. */
  readonly live: boolean;
  /** Takes an answer; returns the chats that it told of. */
  apply(answer: SyncResult, from: ReadonlyMap<Entry, Numbers>): Entry[];
  /** There was nothing to tell of these. */
  confirm(entry: Entry, from: Numbers): void;
  /** All was told. */
  completed(): void;
}

export interface SyncParts {
  /** Asks over HTTP, and over the live connection. */
  readonly call: (input: SyncInput, signal: AbortSignal) => Promise<SyncResult>;
  readonly tell: (input: SyncInput) => Promise<SyncResult>;
  /** Resolves when what is kept was read. */
  readonly ready: () => Promise<unknown>;
  readonly timing: Timing;
  readonly debug: DebugLog;
}

/** What is asked for together. */
interface Round {
  everything: boolean;
  readonly entries: Set<Entry>;
  /** Whether it is tried until it succeeds, whoever waits for it. */
  lasting: boolean;
  readonly answer: Deferred<void>;
}

/** Bytes of a request that goes over the live connection, and chats that one request names. */
const smallBytes = 48 * 1024;
const mostChats = 8000;

export class Sync {
  readonly #store: Synced;
  readonly #parts: SyncParts;
  readonly #plans: Plans;
  #next: Round | null = null;
  #current: Round | null = null;
  #working: Promise<void> | null = null;
  #stop = new AbortController();
  #wake = new AbortController();

  constructor(store: Synced, parts: SyncParts) {
    this.#store = store;
    this.#parts = parts;
    this.#plans = new Plans(parts.timing, (entry) => {
      const round = this.#gather(true);
      if (entry) round.entries.add(entry);
    });
  }

  /** Ends with the user. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Syncs all that is held, and what is new. Rejects with the first failure; `lasting` begins anew and tries again all the same. */
  everything(lasting: boolean): Promise<void> {
    const round = this.#current?.everything && !lasting ? this.#current : this.#gather(lasting);
    round.everything = true;
    return round.answer.promise;
  }

  /** Resolves or rejects as what is under way of `everything`, or is about to begin; at once where nothing is. */
  get underway(): Promise<void> {
    const round = [this.#next, this.#current].find((each) => each?.everything);
    return round?.answer.promise ?? Promise.resolve();
  }

  /** Syncs one chat. */
  chat(entry: Entry): Promise<void> {
    const round = this.#gather(false);
    round.entries.add(entry);
    return round.answer.promise;
  }

  /** Plans to sync a chat, or what is the user's own (null). */
  consider(entry: Entry | null, doubt: Doubt): void {
    this.#plans.consider(entry, doubt);
  }

  forget(entry: Entry): void {
    this.#plans.forget(entry);
  }

  /** Does not wait for the next try. */
  hurry(): void {
    this.#wake.abort();
  }

  /** Does at once all that is planned, and resolves when nothing is left; false where nothing was. */
  async settled(): Promise<boolean> {
    this.#plans.all();
    const working = this.#working;
    await working;
    return working !== null;
  }

  /** Ends all work for this user. */
  stop(reason: ParleyError): void {
    const stop = this.#stop;
    this.#plans.clear();
    this.#next?.answer.reject(reason);
    this.#next = null;
    this.#current = null;
    this.#working = null;
    this.#stop = new AbortController();
    stop.abort(reason);
  }

  #gather(lasting: boolean): Round {
    this.#next ??= { everything: false, entries: new Set(), lasting, answer: deferred() };
    this.#next.lasting ||= lasting;
    quiet(this.#next.answer.promise);
    this.#working ??= this.#work(this.#stop.signal);
    return this.#next;
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { timing, debug, ready } = this.#parts;
    const backoff = new Backoff(timing.backoffMs, timing.backoffMaxMs);
    await ready();
    while (this.#next && !signal.aborted) {
      const round = this.#next;
      this.#next = null;
      this.#current = round;
      let wait = 0;
      try {
        await this.#round(round, signal);
        backoff.reset();
        round.answer.resolve();
      } catch (cause) {
        const error = signal.aborted ? abortError(signal) : toParleyError(cause);
        round.answer.reject(error);
        debug('sync failed', { code: error.code });
        if (error.retriable && (round.lasting || this.#store.live)) {
          wait = Math.max(backoff.next(), (error.retryAfter ?? 0) * 1000);
          const again = this.#gather(true);
          again.everything ||= round.everything;
          for (const entry of round.entries) again.entries.add(entry);
        }
      }
      if (signal.aborted) return;
      this.#current = null;
      if (wait > 0) await this.#pause(wait, signal);
    }
    if (!signal.aborted) this.#working = null;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    this.#wake = new AbortController();
    const forget = onAbort(signal, () => this.#wake.abort());
    await sleep(ms, this.#wake.signal);
    forget();
  }

  async #round({ everything, entries }: Round, signal: AbortSignal): Promise<void> {
    if (!everything) return this.#pages([...entries], signal);
    // At the very beginning the chats come one after the other; then what is left of them.
    if (this.#store.user === null) await this.#pages([], signal);
    const all = [...new Set([...this.#store.members, ...entries])];
    for (let at = 0; at === 0 || at < all.length; at += mostChats) {
      await this.#pages(all.slice(at, at + mostChats), signal);
    }
    this.#store.completed();
  }

  /** Asks for page after page, each from where the one before it ended. */
  async #pages(entries: readonly Entry[], signal: AbortSignal): Promise<void> {
    let named = new Set(entries);
    for (let last = ''; ; ) {
      const from = new Map([...named].map((entry) => [entry, numbersOf(entry.room)]));
      const body = this.#input(from);
      const answer = await this.#ask(body, signal);
      if (signal.aborted) throw abortError(signal);
      const touched = new Set(this.#store.apply(answer, from));
      // A page that leads nowhere: another one would not either.
      if (!answer.has_more || body === last) {
        for (const [entry, numbers] of from) if (!touched.has(entry)) this.#store.confirm(entry, numbers);
        return;
      }
      last = body;
      if (entries.length > 0) named = new Set([...named, ...touched].filter(({ room }) => isOpen(room)));
    }
  }

  #input(from: ReadonlyMap<Entry, Numbers>): string {
    const { user } = this.#store;
    const chats = Object.fromEntries([...from].map(([{ room }, numbers]) => [room.chatId, numbers]));
    return JSON.stringify({ ...(user !== null && { user }), chats });
  }

  #ask(body: string, signal: AbortSignal): Promise<SyncResult> {
    const { call, tell } = this.#parts;
    const input: SyncInput = JSON.parse(body);
    const small = this.#store.live && body.length <= smallBytes;
    return small ? unlessAborted(tell(input), signal) : call(input, signal);
  }
}
