import { sleep } from './lib/abort.ts';

/**
 * Where tokens are kept between two runs, under one key per server. Each member may be synchronous or not. A failing
 * storage does not fail a call: the session then lasts as long as the client.
 */
export interface TokenStorage {
  /** The value of a key, null if there is none. */
  get(key: string): string | null | Promise<string | null>;
  /** Keeps a value under a key. */
  set(key: string, value: string): void | Promise<void>;
  /** Forgets a key. */
  remove(key: string): void | Promise<void>;
  /**
   * Optional: runs `work` while no other user of the same storage (another tab) runs theirs; tells it whether it had to wait for
   * another one, whose tokens may then be visible a moment later. Without it two tabs may refresh at once, which the server's ten
   * seconds of grace allow for (contract section 2, Auth).
   */
  lock?<T>(key: string, work: (waited?: boolean) => Promise<T>): Promise<T>;
  /** Optional: calls back when another user of the same storage changed the key; returns what ends that. */
  watch?(key: string, changed: () => void): () => void;
}

/** Milliseconds after which other tabs see what was written. */
const visibleMs = 100;

/** Keeps tokens as long as the object lives: the default. */
export function memoryStorage(): TokenStorage {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}

/**
 * Keeps tokens in the browser's `localStorage`, shared by all tabs of the origin: signing in or out in one does so in all,
 * and tabs take turns to refresh (Web Locks, where the browser has them). Any script of the origin can read them.
 * Pass `sessionStorage` for tokens that end with the tab.
 */
export function browserStorage(area: Storage = localStorage): TokenStorage {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  return {
    get: (key) => area.getItem(key),
    set: (key, value) => area.setItem(key, value),
    remove: (key) => area.removeItem(key),
    // Missing on pages served over plain HTTP.
    ...(locks ? { lock: (key, work) => inTurn(locks, key, work) } : {}),
    watch(key, changed) {
      const listener = (event: StorageEvent) => {
        // A null key: everything was cleared.
        if (event.storageArea === area && (event.key === key || event.key === null)) changed();
      };
      addEventListener('storage', listener);
      return () => removeEventListener('storage', listener);
    },
  };
}

/**
 * What one tab has written Chromium shows another a moment late, also one that gets the lock next. So a lock is held for that moment,
 * while the answer is there already, and who had to wait for it is told.
 */
function inTurn<T>(locks: LockManager, key: string, work: (waited: boolean) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const take = async (waited: boolean) => {
      await work(waited).then(resolve, reject);
      await sleep(visibleMs);
    };
    const wait = () => locks.request(key, () => take(true));
    locks
      .request(key, { ifAvailable: true }, (lock) => (lock ? take(false) : wait))
      // The other one is asked for when this one is over.
      .then((next) => next?.())
      .catch(reject);
  });
}
