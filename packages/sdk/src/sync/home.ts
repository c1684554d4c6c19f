/** Whose things are here: opens what is kept for the user who is signed in, and clears it when the session is over. */
import { memoryDatabase } from '../database/memory.ts';
import type { Database, Records } from '../database/types.ts';
import { ParleyError } from '../errors.ts';
import type { DebugLog } from '../lib/debug.ts';
import { quiet } from '../lib/deferred.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Session } from '../session.ts';
import type { Timing } from '../timing.ts';
import type { Views } from '../view/views.ts';

export interface HomeParts {
  readonly database: Database | undefined;
  readonly session: Session;
  readonly views: Views;
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
    const { views } = this.#parts;
    views.hurry();
    views.parts.realtime.hurry();
  };
  /** The page is put away, and may never come back. */
  readonly #save = () => void this.#parts.views.keeper?.flush();
  #before: string | null = null;
  /** The records of the user who is signed in. */
  #opened: Promise<Records> | null = null;
  /** What was begun for the user who is signed in, after what was to be ended for the one before. */
  #ready: Promise<unknown> = Promise.resolve();

  constructor(parts: HomeParts) {
    this.#parts = parts;
    // Whoever keeps what views show will show it soon.
    if (parts.database) void parts.views.filled();
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
    const { outbox, views } = this.#parts;
    outbox.stop(new ParleyError('ABORTED', 'The client was closed'));
    globalThis.removeEventListener?.('online', this.#hurry);
    globalThis.document?.removeEventListener('visibilitychange', this.#hurry);
    globalThis.document?.removeEventListener('visibilitychange', this.#save);
    globalThis.removeEventListener?.('pagehide', this.#save);
    await this.#ready.catch(() => {});
    const { keeper } = views;
    if (keeper) await keeper.close();
    else await this.#leave((records) => records.close());
  }

  #changed(userId: string | null): void {
    const { outbox, views } = this.#parts;
    const { keeper } = views;
    if (this.#before !== null) outbox.stop(new ParleyError('UNAUTHORIZED', 'The session ended'));
    if (userId !== null) outbox.resume();
    this.#before = userId;
    views.keeper = null;
    views.start(userId);
    const ended = keeper ? keeper.clear() : this.#leave(clearAll);
    this.#opened = null;
    this.#ready = quiet(userId === null ? ended : this.#open(userId, ended));
  }

  async #open(userId: string, ended: Promise<void>): Promise<void> {
    const { database, outbox, server } = this.#parts;
    await ended;
    if (this.#before !== userId) return;
    const account = `${server}|${userId}`;
    const memory = () => memoryDatabase().open(account);
    if (!database) {
      const records = await memory();
      if (this.#before === userId) await outbox.start(records, userId);
      return;
    }
    const opened = database.open(account);
    this.#opened = quiet(opened);
    const kept = quiet(this.#keep(opened, account));
    const records = await opened.catch(memory);
    if (this.#opened !== opened) return;
    await Promise.all([outbox.start(records, userId), kept]);
  }

  /** Has the views kept, as soon as there is something that does so. */
  async #keep(opened: Promise<Records>, account: string): Promise<void> {
    const { views, timing, debug } = this.#parts;
    const store = views.store ?? (await views.filled());
    if (this.#opened !== opened) return;
    // Tabs share one IndexedDB; elsewhere a database is its client's own.
    const locks = globalThis.indexedDB && globalThis.navigator?.locks;
    const database = { open: () => opened };
    const keeper = store.keep({ database, writeMs: timing.writeMs, debug, locks }, account);
    views.keeper = keeper;
    // Written before it was known by whom, or before there was a keeper.
    for (const { draft, room } of views.entries.all) if (draft !== '') keeper.put(room.chatId, draft);
    await keeper.ready;
  }

  /** Lets go of records that nobody keeps anything in yet. Never rejects. */
  async #leave(how: (records: Records) => Promise<void>): Promise<void> {
    try {
      if (this.#opened) await how(await this.#opened);
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      this.#parts.debug('the database refuses', { error: name });
    }
  }
}

async function clearAll(records: Records): Promise<void> {
  await records.clear();
  await records.close();
}
