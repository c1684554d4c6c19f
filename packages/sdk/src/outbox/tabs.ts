/**
 * Which tab sends what. Each message belongs to the tab that made it, which holds the Web Lock `parley:tab:<id>` as long as it lives.
 * One tab holds `parley:outbox:<account>`: it takes over the messages of tabs that are gone. Where there are no Web Locks (pages served
 * over plain HTTP) each client takes over all when it starts: then two may send the same, which is harmless, since a `client_msg_id` is
 * stored once.
 */
import { onAbort, unlessAborted } from '../lib/abort.ts';
import { quiet } from '../lib/deferred.ts';

export interface TabParts {
  /** `<server>|<user id>`. */
  readonly account: string;
  /** This one. */
  readonly tab: string;
  /** The end of this tab. */
  readonly signal: AbortSignal;
  /** Tabs whose messages are kept. */
  readonly tabs: () => Promise<Iterable<string>>;
  /** Takes over the messages of a tab, or of all. */
  readonly adopt: (tab: string | null) => Promise<void>;
}

const lockOf = (tab: string) => `parley:tab:${tab}`;

/** Resolves when the messages of tabs that are known to be gone are here. */
export async function joinTabs(parts: TabParts): Promise<void> {
  const locks = globalThis.navigator?.locks;
  if (!locks || typeof BroadcastChannel === 'undefined') return parts.adopt(null);
  const { account, tab, signal } = parts;
  const name = `parley:outbox:${account}`;
  await hold(locks, lockOf(tab), signal, {});
  const channel = new BroadcastChannel(name);
  // Node waits for what is not told otherwise.
  (channel as { unref?: () => void }).unref?.();
  onAbort(signal, () => channel.close());
  channel.postMessage(tab);
  if (await hold(locks, name, signal, { ifAvailable: true })) await lead(locks, channel, parts);
  else quiet(hold(locks, name, signal, { signal }).then(() => lead(locks, channel, parts)));
}

/** Resolves when the lock is held, with false where it is not to be had; it is held until the signal. Rejects as `locks.request`. */
function hold(locks: LockManager, name: string, signal: AbortSignal, options: LockOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const held = (lock: Lock | null) => {
      resolve(lock !== null);
      return lock && new Promise<void>((done) => void onAbort(signal, done));
    };
    locks.request(name, options, held).catch(reject);
  });
}

async function lead(locks: LockManager, channel: BroadcastChannel, parts: TabParts): Promise<void> {
  const { tab, signal, tabs } = parts;
  const adopt = (other: string) => unlessAborted(parts.adopt(other), signal);
  const watched = new Set([tab]);
  const watch = (other: string) => {
    if (watched.has(other)) return;
    watched.add(other);
    // It is ours when the other one is gone.
    quiet(locks.request(lockOf(other), { signal }, () => adopt(other)));
  };
  channel.onmessage = ({ data }) => watch(String(data));
  const { held = [] } = await locks.query();
  for (const { name = '' } of held) if (name.startsWith(lockOf(''))) watch(name.slice(lockOf('').length));
  for (const other of await tabs()) {
    if (watched.has(other)) continue;
    await locks.request(lockOf(other), { ifAvailable: true }, (lock) => (lock ? adopt(other) : watch(other)));
  }
}
