/**
 * Who is signed in, and with which tokens. Three rules hold here:
 * - There is one refresh at a time: whoever needs a fresh token waits for the same one.
 * - The refresh token changes with every use, and an old one ends the session as stolen after ten seconds (contract
 *   section 2, Auth). So what another tab has stored is looked at first, and a lost answer is asked for again within them.
 * - Only a server that says 401 ends a session; a broken network never does.
 */
import { isTokenError, ParleyError } from './errors.ts';
import { sleep } from './lib/abort.ts';
import type { DebugLog } from './lib/debug.ts';
import { quiet } from './lib/deferred.ts';
import { Listeners } from './lib/listeners.ts';
import type { TokenStorage } from './storage.ts';
import type { Timing } from './timing.ts';
import {
  lifeLeft,
  parseSession,
  renewalDue,
  type StoredSession,
  storedSession,
  type TokenPair,
} from './tokens.ts';

export interface SessionParts {
  readonly storage: TokenStorage;
  readonly key: string;
  readonly timing: Timing;
  readonly debug: DebugLog;
  /** Asks the server for a new pair. */
  readonly exchange: (refreshToken: string) => Promise<TokenPair>;
}

/** What a call is told when the session that it began in is not there any more. */
function signedOut(): ParleyError {
  return new ParleyError('UNAUTHORIZED', 'Nobody is signed in here');
}

/** The session's token; never another user's, who may have signed in (in another tab, say) while somebody waited. */
function tokenOf(userId: string, session: StoredSession): string {
  if (session.user_id !== userId) throw signedOut();
  return session.access_token;
}

/** Not its message: that of a file that cannot be parsed quotes it. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

export class Session {
  /** Hears the user's id, or null, when another is signed in than before. */
  readonly changes = new Listeners<string | null>();
  /** Hears when the tokens are others than before. */
  readonly renewals = new Listeners<void>();
  /** Resolves when storage was read; never rejects. */
  readonly ready: Promise<void>;

  /** Whether storage was read. */
  restored = false;

  readonly #parts: SessionParts;
  readonly #unwatch: (() => void) | undefined;
  #now: StoredSession | null = null;
  #refreshing: Promise<StoredSession> | null = null;
  #writing: Promise<void> = Promise.resolve();
  /** Whether storage holds what this object holds. Not so after a failed write: then memory is the truth. */
  #stored = true;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.ready = this.#restore();
    this.#unwatch = parts.storage.watch?.(parts.key, () => void this.#adopt());
  }

  /** The signed-in user's id. */
  get userId(): string | null {
    return this.#now?.user_id ?? null;
  }

  /** The access token as it is, expired or not. */
  get accessToken(): string | null {
    return this.#now?.access_token ?? null;
  }

  get refreshToken(): string | null {
    return this.#now?.refresh_token ?? null;
  }

  /** Milliseconds until the access token should be renewed; may be negative. */
  get dueMs(): number {
    return this.#now ? renewalDue(this.#now, this.#parts.timing.marginMs) : 0;
  }

  /** An access token that lives. Errors: `UNAUTHORIZED` (signed out, or the refresh was refused), or why it failed. */
  async token(): Promise<string> {
    await this.ready;
    const now = this.#require();
    if (this.dueMs > 0) return now.access_token;
    const refreshed = quiet(this.#refresh());
    // Near its end a token still serves: nobody waits, and a network that is away for a moment does no harm.
    return lifeLeft(now) > 0 ? now.access_token : tokenOf(now.user_id, await refreshed);
  }

  /** A token other than the one that the server has just refused. Errors: as `token()`. */
  async renew(refused: string): Promise<string> {
    await this.ready;
    const now = this.#require();
    return now.access_token === refused ? tokenOf(now.user_id, await this.#refresh()) : now.access_token;
  }

  /** Refreshes now. Errors: as `token()`. */
  async refresh(): Promise<TokenPair> {
    await this.ready;
    const { access_token, refresh_token, expires_in } = await this.#refresh();
    return { access_token, refresh_token, expires_in };
  }

  /** Begins a session; resolves when it was stored. */
  async start(userId: string, pair: TokenPair): Promise<void> {
    await this.ready;
    await this.#keep(storedSession(userId, pair));
  }

  /** Ends the session here; resolves when the tokens were forgotten. */
  async end(): Promise<void> {
    await this.ready;
    if (this.#now) await this.#keep(null);
  }

  /** Resolves when a refresh under way has come to its end: to drop its answer would be to lose the session. */
  async close(): Promise<void> {
    this.#unwatch?.();
    this.changes.clear();
    this.renewals.clear();
    await this.#refreshing?.catch(() => {});
    await this.#writing;
  }

  #require(): StoredSession {
    if (!this.#now) throw signedOut();
    return this.#now;
  }

  async #restore(): Promise<void> {
    try {
      const found = parseSession(await this.#parts.storage.get(this.#parts.key));
      if (found) this.#set(found);
    } catch (error) {
      this.#parts.debug('the storage cannot be read', { error: nameOf(error) });
    }
    this.restored = true;
  }

  #set(next: StoredSession | null): void {
    const before = this.#now;
    this.#now = next;
    if (before?.user_id !== next?.user_id) {
      // One user does not wait for another's tokens.
      this.#refreshing = null;
      this.changes.emit(next?.user_id ?? null);
    }
    if (next && before?.access_token !== next.access_token) this.renewals.emit();
  }

  async #keep(next: StoredSession | null): Promise<void> {
    const { storage, key, debug } = this.#parts;
    this.#writing = this.#writing.then(async () => {
      try {
        await (next ? storage.set(key, JSON.stringify(next)) : storage.remove(key));
        this.#stored = true;
      } catch (error) {
        this.#stored = false;
        debug('the storage cannot be written', { error: nameOf(error) });
      }
    });
    this.#set(next);
    await this.#writing;
  }

  /** Takes over what another tab or process has stored, if it is something else. */
  async #adopt(): Promise<void> {
    const held = this.#now;
    await this.#writing;
    if (!this.#stored) return;
    try {
      const text = await this.#parts.storage.get(this.#parts.key);
      const found = parseSession(text);
      // Something stored that cannot be read is no sign-out.
      if (this.#now !== held || (text !== null && !found)) return;
      if (found?.refresh_token === held?.refresh_token) return;
      this.#parts.debug('the storage holds other tokens: taken over', { signed_in: found !== null });
      this.#set(found);
    } catch (error) {
      this.#parts.debug('the storage cannot be read', { error: nameOf(error) });
    }
  }

  #refresh(): Promise<StoredSession> {
    const { storage, key } = this.#parts;
    if (this.#refreshing) return this.#refreshing;
    const before = this.#now;
    const rotate = (waited?: boolean) => this.#rotate(before, waited);
    const refreshing = (storage.lock ? storage.lock(key, rotate) : rotate()).finally(() => {
      if (this.#refreshing === refreshing) this.#refreshing = null;
    });
    this.#refreshing = refreshing;
    return refreshing;
  }

  /** `before`: what was held when somebody asked for others. `waited`: another tab may have refreshed meanwhile. */
  async #rotate(before: StoredSession | null, waited = false): Promise<StoredSession> {
    await this.#adopt();
    // What it stored may not be visible yet; where its refresh failed, this one's begins that much later.
    for (let looks = 0; waited && this.#now === before && looks < 20; looks++) {
      await sleep(this.#parts.timing.refreshPauseMs / 20);
      await this.#adopt();
    }
    // Another tab was faster; it may have been while this one waited for its turn.
    if (this.#now !== before && this.dueMs > 0) return this.#require();
    for (;;) {
      const now = this.#require();
      let pair: TokenPair;
      try {
        pair = await this.#parts.exchange(now.refresh_token);
      } catch (error) {
        if (!isTokenError(error)) throw error;
        // Refused, but if another tab was faster its pair is the good one.
        await this.#adopt();
        if (this.#now === now) {
          await this.#keep(null);
          throw new ParleyError('UNAUTHORIZED', 'The session is over: sign in again', { cause: error });
        }
        if (this.dueMs > 0) return this.#require();
        continue;
      }
      if (this.#now !== now) {
        // Signed out, or in as another, meanwhile: the new pair belongs to nobody here.
        if (this.userId !== now.user_id) throw signedOut();
        // Another tab stored a pair meanwhile: that is the one to go on with, so that all tabs have the same.
        return this.#require();
      }
      const next = storedSession(now.user_id, pair);
      await this.#keep(next);
      return next;
    }
  }
}
