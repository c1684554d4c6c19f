/** What is the user's own: in the order of `user_version` (contract section 2, Sync), over all chats and the account. */
import type { OwnChange, PrivacySettings, SyncResult } from '@parley/contract';
import { nobody } from '../account/account.ts';
import { asking, withChat } from './changed-room.ts';
import { foldMark } from './fold-messages.ts';
import type { Store } from './store.ts';
import { covers, derive, recounting } from './summary.ts';

/** An event, and the number that it raised. */
interface Raised {
  readonly number: number;
  /** Takes it; false where what it is about is known to sync alone. */
  readonly take: () => boolean;
}

export class Own {
  /** Up to which all was folded; null before the first sync. */
  number: number | null = null;
  readonly #store: Store;
  #ahead: Raised[] = [];
  /** Whether more is to come up to the number: then no event can be folded. */
  #partial = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes an event in its turn; one that came too early waits for those before it, or for a sync. */
  take(number: number, take: () => boolean): void {
    if (this.number === null || number <= this.number || this.#ahead.some((own) => own.number === number))
      return;
    this.#ahead.push({ number, take });
    this.#ahead.sort((a, b) => a.number - b.number);
    this.#goOn();
  }

  /** What the user did to a message. True: all of it is in the room, or is asked for. */
  mark(chatId: string, messageId: string, mark: 'hidden' | 'starred' | 'not starred'): true {
    const entry = this.#store.find(chatId);
    if (!entry) return true;
    const room = derive(foldMark(entry.room, messageId, mark));
    this.#store.set(entry, mark === 'hidden' && room.chat && !covers(room) ? recounting(room) : room);
    return true;
  }

  /** Takes what sync tells. `own`: nothing newer was folded; `fresh`: chats that the user is in anew, or left. */
  apply({ version, reset, changes }: SyncResult['user']): { own: boolean; fresh: ReadonlySet<string> } {
    const before = reset ? -1 : (this.number ?? -1);
    if (reset) this.#store.account.set(nobody);
    for (const change of changes) if (change.version > before) this.#takeChange(change);
    this.number = Math.max(before, version);
    const fresh = new Set(changes.flatMap((change) => (change.kind === 'chat' ? [change.chat_id] : [])));
    return { own: version >= before, fresh };
  }

  /** The rest of the answer was taken, too. */
  applied(more: boolean): void {
    this.#partial = more;
    this.#store.keeper?.touch(null);
    this.#goOn();
  }

  /** What was kept; more may have happened since. */
  restore(number: number | null): void {
    this.number = number;
    this.#partial = true;
  }

  clear(): void {
    this.number = null;
    this.#ahead = [];
    this.#partial = false;
  }

  /** With `read_receipts` what others have read in direct chats is shown from now on, or is not any more. */
  setPrivacy(privacy: PrivacySettings): void {
    const { account, members } = this.#store;
    const reads = account.privacy?.read_receipts;
    account.set({ privacy });
    if (reads === undefined || reads === privacy.read_receipts) return;
    for (const entry of members) {
      const isDirect = entry.room.chat?.type === 'direct';
      if (isDirect) this.#store.set(entry, asking(entry.room, { state_version: 0 }, 'now'));
    }
  }

  #goOn(): void {
    let first = this.#ahead[0];
    for (; first && !this.#partial && first.number <= (this.number ?? 0) + 1; first = this.#ahead[0]) {
      if (first.number > (this.number ?? 0)) {
        if (!first.take()) break;
        this.number = first.number;
        this.#store.keeper?.touch(null);
      }
      this.#ahead.shift();
    }
    this.#store.sync.consider(null, first ? 'now' : 'none');
  }

  #takeChange(change: OwnChange): void {
    const entry = 'chat_id' in change ? this.#store.find(change.chat_id) : undefined;
    if (change.kind === 'star') {
      this.mark(change.chat_id, change.message_id, change.is_starred ? 'starred' : 'not starred');
    } else if (change.kind === 'privacy') this.setPrivacy(change.privacy);
    else if (change.kind === 'hide') {
      // The chat is told of with its counts.
      if (entry) this.#store.set(entry, derive(foldMark(entry.room, change.message_id, 'hidden')));
    } else if (change.kind === 'chat_own') {
      const { is_muted, mute_until, is_pinned } = change;
      if (entry) this.#store.set(entry, withChat(entry.room, { is_muted, mute_until, is_pinned }));
    } else this.#store.account.take(change);
  }
}
