/** Whose things are here: opens what is kept for the user who is signed in, and clears it when the session is over. */
import { memoryDatabase } from '../database/memory.ts';
import type { Database } from '../database/types.ts';
import { ParleyError } from '../errors.ts';
import type { DebugLog } from '../lib/debug.ts';
import { quiet } from '../lib/deferred.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Session } from '../session.ts';
import type { Timing } from '../timing.ts';
import type { Store } from '../view/store.ts';
import { Keeper } from './keeper.ts';
import { keepingOf } from './keeping.ts';

export interface HomeParts {
  readonly database: Database | undefined;
  readonly session: Session;
  readonly store: Store;
  readonly outbox: Outbox;
  /** As in the account of `Database.open`. */
  readonly server: string;
  readonly timing: Timing;
  readonly debug: DebugLog;
}

export class Home {
  readonly #parts: HomeParts;
  /** Browsers tell when there is a network again, and when somebody looks: no need to wait for the next try. */
  readonly #hurry = () => {
    const { sync, parts } = this.#parts.store;
    sync.hurry();
    parts.realtime.hurry();
  };
  /** The page is put away, and may never come back. */
  readonly #save = () => void this.#parts.store.keeper?.flush();
  #before: string | null = null;
  /** What was begun for the user who is signed in, after what was to be ended for the one before. */
  #ready: Promise<unknown> = Promise.resolve();

  constructor(parts: HomeParts) {
    this.#parts = parts;
    parts.session.changes.add((userId) => this.#changed(userId));
    // What was given before the session was restored waits for a user whom there may not be.
    void parts.session.ready.then(() => {
      if (parts.session.userId === null)
        parts.outbox.stop(new ParleyError('UNAUTHORIZED', 'Nobody is signed in here'));
    });
    globalThis.addEventListener?.('online', this.#hurry);
    globalThis.document?.addEventListener('visibilitychange', this.#hurry);
    globalThis.document?.addEventListener('visibilitychange', this.#save);
    globalThis.addEventListener?.('pagehide', this.#save);
  }

  /** Resolves when what is kept for the user was read; never rejects. */
  async ready(): Promise<void> {
    await this.#parts.session.ready;
    await this.#ready.catch(() => {});
  }

  /** Writes what is to be written, and lets go. */
  async close(): Promise<void> {
    const { outbox, store } = this.#parts;
    outbox.stop(new ParleyError('ABORTED', 'The client was closed'));
    globalThis.removeEventListener?.('online', this.#hurry);
    globalThis.document?.removeEventListener('visibilitychange', this.#hurry);
    globalThis.document?.removeEventListener('visibilitychange', this.#save);
    globalThis.removeEventListener?.('pagehide', this.#save);
    const { keeper } = store;
    await this.#ready.catch(() => {});
    await keeper?.close();
  }

  #changed(userId: string | null): void {
    const { outbox, store } = this.#parts;
    const { keeper } = store;
    if (this.#before !== null) outbox.stop(new ParleyError('UNAUTHORIZED', 'The session ended'));
    this.#before = userId;
    store.keeper = null;
    store.start(userId);
    const ended = keeper?.clear();
    this.#ready = quiet(userId === null ? Promise.resolve(ended) : this.#open(userId, ended));
  }

  async #open(userId: string, ended: Promise<void> | undefined): Promise<void> {
    const { database, store, outbox, server, timing, debug } = this.#parts;
    await ended;
    if (this.#before !== userId) return;
    const account = `${server}|${userId}`;
    const memory = () => memoryDatabase().open(account);
    if (!database) {
      const records = await memory();
      if (this.#before === userId) await outbox.start(records, userId);
      return;
    }
    // Tabs share one IndexedDB; elsewhere a database is its client's own.
    const locks = globalThis.indexedDB && globalThis.navigator?.locks;
    const keeper = new Keeper({ database, writeMs: timing.writeMs, debug, locks }, keepingOf(store), account);
    store.keeper = keeper;
    // Written before it was known by whom.
    for (const { draft, room } of store.entries) if (draft !== '') keeper.put(room.chatId, draft);
    const records = (await keeper.records) ?? (await memory());
    if (store.keeper !== keeper) return;
    await Promise.all([outbox.start(records, userId), keeper.ready]);
  }
}
