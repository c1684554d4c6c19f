/** What this browser is to tell of; kept in it. */

export interface Preferences {
  readonly enabled: boolean;
  /** Whether what was written is shown, too. */
  readonly previews: boolean;
  readonly sounds: boolean;
}

const key = 'parley:notifications';
const usual: Preferences = { enabled: false, previews: true, sounds: false };

const listeners = new Set<() => void>();
let current: Preferences | null = null;

/** The same object as long as nothing changed. */
export function preferences(): Preferences {
  current ??= read();
  return current;
}

function read(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    const given = (typeof stored === 'object' ? stored : null) as Partial<
      Record<keyof Preferences, unknown>
    > | null;
    const flag = (name: keyof Preferences) =>
      typeof given?.[name] === 'boolean' ? given[name] : usual[name];
    return { enabled: flag('enabled'), previews: flag('previews'), sounds: flag('sounds') };
  } catch {
    // A browser that refuses its storage, or something else was stored there.
    return usual;
  }
}

/** Where the browser keeps nothing, a change lasts as long as the page. */
export function changePreferences(changes: Partial<Preferences>): void {
  current = { ...preferences(), ...changes };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // Lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

/** Calls back after a change, also one of another tab; returns what ends that. */
export function subscribePreferences(callback: () => void): () => void {
  const onStorage = (event: StorageEvent) => {
    if (event.key !== key) return;
    current = null;
    callback();
  };
  listeners.add(callback);
  addEventListener('storage', onStorage);
  return () => {
    listeners.delete(callback);
    removeEventListener('storage', onStorage);
  };
}
