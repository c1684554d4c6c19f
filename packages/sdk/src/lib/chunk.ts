/** Parts of the program that are loaded on first use, so that a page loads first what every page needs. */
import { ParleyError } from '../errors.ts';
import { unlessAborted } from './abort.ts';
import { deferred } from './deferred.ts';

export interface Chunk<T> {
  /** What was loaded; null before. */
  readonly now: T | null;
  /** Resolves when it was loaded, whoever asked for it. */
  readonly loaded: Promise<T>;
  /** Loads it, once; the signal only ends the waiting. Errors: `NETWORK_ERROR`, after which the next call tries again; `ABORTED`. */
  load(signal?: AbortSignal): Promise<T>;
}

/** `imported` is an `import()` of the module, and `make` makes of it what is needed; `closing` ends all waiting. */
export function chunk<M, T>(
  imported: () => Promise<M>,
  make: (module: M) => T,
  closing?: AbortSignal,
): Chunk<T> {
  let loading: Promise<T> | null = null;
  const { promise: loaded, resolve } = deferred<T>();
  const module = repeatable(imported);
  const part = {
    now: null as T | null,
    loaded,
    load(signal?: AbortSignal) {
      loading ??= module().then(
        (exported) => {
          closing?.throwIfAborted();
          part.now = make(exported);
          resolve(part.now);
          return part.now;
        },
        (cause) => {
          loading = null;
          throw new ParleyError('NETWORK_ERROR', 'A part of the SDK cannot be loaded', { cause });
        },
      );
      return unlessAborted(unlessAborted(loading, closing), signal);
    },
  };
  return part;
}

/**
 * Browsers before the end of 2026 answer for ever with the failure that they have met once (whatwg/html#6768). They say at which address,
 * Safari excepted, and under another address the same file can be had.
 */
function repeatable<M>(imported: () => Promise<M>): () => Promise<M> {
  let failed: URL | null = null;
  let tries = 0;
  return async () => {
    try {
      return await imported();
    } catch (cause) {
      const before = failed;
      const [address] = /https?:\S+/.exec(String(cause)) ?? [];
      failed = address === undefined ? null : new URL(address);
      if (!before) throw cause;
      before.searchParams.set('again', String(++tries));
      return (await import(/* @vite-ignore */ /* webpackIgnore: true */ before.href)) as M;
    }
  };
}
