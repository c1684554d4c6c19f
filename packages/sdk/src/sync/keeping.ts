import type { AccountState } from '../account/account.ts';
import { ParleyError } from '../errors.ts';
import type { Entry } from '../view/entry.ts';
import type { Store } from '../view/store.ts';
import type { Keeping, Kept } from './keeper.ts';
import { chatRecords, format, roomsOf } from './records.ts';

interface NumbersRecord {
  readonly format: number;
  readonly user: number | null;
  readonly complete: boolean;
}

/** What the keeper keeps of a store: chat by chat, and (null) what is the user's own. */
export function keepingOf(store: Store): Keeping<Entry | null> {
  let numbers: NumbersRecord = { format, user: null, complete: false };
  return {
    read(records) {
      const read = records.get('sync/numbers') as NumbersRecord | undefined;
      if (read?.format !== format) return;
      numbers = read;
      store.restore(read.user, read.complete, records.get('sync/account') as AccountState | undefined);
      for (const [chatId, room] of roomsOf(records, store.me)) store.set(store.entry(chatId), room);
    },
    found(chatId, draft) {
      const entry = store.entry(chatId);
      entry.draft = String(draft);
      store.touch(entry);
    },
    async renew() {
      for (;;) {
        try {
          return await store.sync.everything(true);
        } catch (error) {
          if (!(error instanceof ParleyError && error.retriable)) throw error;
        }
      }
    },
    parts: () => [null, ...store.entries],
    recordsOf(entry): Kept {
      if (entry) return chatRecords(entry);
      const { user, complete, account } = store;
      if (user !== numbers.user || complete !== numbers.complete) numbers = { format, user, complete };
      return new Map<string, unknown>([
        ['sync/numbers', numbers],
        ['sync/account', account.state],
      ]);
    },
  };
}
