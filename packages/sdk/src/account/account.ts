/** What is the user's own besides chats (contract section 2, Users): told by sync, and by the user's own calls. */
import type { Contact, OwnChange, OwnProfile, PrivacySettings } from '@parley/contract';
import { quiet } from '../lib/deferred.ts';
import { Changes } from '../view/changes.ts';
import { keep } from '../view/same.ts';

/** As it is kept. Never changed: another object where something of it changed. */
export interface AccountState {
  readonly profile: OwnProfile | null;
  readonly privacy: PrivacySettings | null;
  readonly contacts: readonly Contact[];
  readonly blocked: readonly string[];
}

export const nobody: AccountState = { profile: null, privacy: null, contacts: [], blocked: [] };

/** `client.account`. All of it is a snapshot, never changed; empty until it was synced (`load`, or a live connection). */
export class Account {
  /** @internal */
  state = nobody;
  readonly #load: () => Promise<void>;
  readonly #changes = new Changes(() => this.state);

  /** @internal Each client has one: `client.account`. `load` brings it up to date. */
  constructor(load: () => Promise<void>) {
    this.#load = load;
  }

  /** The user's own profile; null until it is known. */
  get profile(): OwnProfile | null {
    return this.state.profile;
  }

  /** Who sees what of the user; null until it is known. */
  get privacy(): PrivacySettings | null {
    return this.state.privacy;
  }

  /** The user's contacts. */
  get contacts(): readonly Contact[] {
    return this.state.contacts;
  }

  /** Ids of those whom the user has blocked. */
  get blocked(): readonly string[] {
    return this.state.blocked;
  }

  /** Brings it up to date, as `client.chats.load` does, which need not be called, too. Errors: those of `sync.changes`. */
  load(): Promise<void> {
    return quiet(this.#load());
  }

  /** Calls back after any of this changed, once for all that changed in one turn; returns what ends that. */
  subscribe(callback: () => void): () => void {
    return this.#changes.subscribe(callback);
  }

  /** @internal Takes another state. */
  set(patch: Partial<AccountState>): void {
    this.state = keep(this.state, { ...this.state, ...patch });
    this.#changes.touch();
  }

  /** @internal Somebody was blocked, or is not any more. */
  setBlocked(userId: string, is_blocked: boolean): void {
    const others = this.blocked.filter((id) => id !== userId);
    this.set({
      blocked: is_blocked ? [...others, userId] : others,
      contacts: this.contacts.map((contact) =>
        contact.user_id === userId && contact.is_blocked !== is_blocked
          ? { ...contact, is_blocked }
          : contact,
      ),
    });
  }

  /** @internal Takes what sync tells; but for `privacy`, on which more depends. */
  take(change: OwnChange): void {
    if (change.kind === 'profile') this.set({ profile: change.profile });
    else if (change.kind === 'contacts') this.set({ contacts: change.contacts });
    else if (change.kind === 'block') this.setBlocked(change.user_id, change.blocked);
  }
}
