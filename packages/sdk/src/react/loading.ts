/** Loading what a component shows: by itself, and again after what may pass. */
import { useEffect, useMemo } from 'react';
import type { ParleyClient } from '../client.ts';
import type { ParleyError } from '../errors.ts';
import { sleep } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import { Listeners } from '../lib/listeners.ts';
import { useClient } from './provider.ts';
import { useSession } from './session.ts';
import { useSource } from './source.ts';

interface State {
  readonly loaded: boolean;
  readonly error: ParleyError | null;
}

const waiting: State = { loaded: false, error: null };

/** What was loaded for one component, of one thing of one user. */
export class Loading {
  readonly #client: ParleyClient;
  readonly #load: () => Promise<unknown>;
  readonly #listeners = new Listeners<void>();
  #state = waiting;

  constructor(client: ParleyClient, load: () => Promise<unknown>) {
    this.#client = client;
    this.#load = load;
  }

  readonly empty = waiting;
  readonly read = (): State => this.#state;
  readonly subscribe = (changed: () => void): (() => void) => this.#listeners.add(changed);

  /** Loads, and tries again while trying may help: after 1, 2, 4 ... 30 s, or with the next connection. Returns what ends that. */
  start(): () => void {
    const stop = new AbortController();
    void this.#untilLoaded(stop.signal);
    return () => stop.abort();
  }

  /** Loads more. The promise may be ignored: what it rejects with is shown as `error`. */
  readonly more = <T>(load: () => Promise<T>): Promise<T> => {
    const loading = load().then(
      (value) => {
        this.#set({ ...this.#state, error: null });
        return value;
      },
      (error: ParleyError) => {
        this.#set({ ...this.#state, error });
        throw error;
      },
    );
    loading.catch(() => {});
    return loading;
  };

  async #untilLoaded(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(1000, 30_000);
    while (!signal.aborted) {
      try {
        await this.#load();
        if (!signal.aborted) this.#set({ loaded: true, error: null });
        return;
      } catch (cause) {
        // The client rejects with nothing else.
        const error = cause as ParleyError;
        if (signal.aborted) return;
        this.#set({ loaded: false, error });
        if (!error.retriable) return;
        await this.#pause(Math.max(backoff.next(), (error.retryAfter ?? 0) * 1000), signal);
      }
    }
  }

  /** Waits, until there is a connection at the longest. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = () => over.abort();
    const forget = this.#client.realtime.onStatus((status) => status === 'online' && end());
    signal.addEventListener('abort', end, { once: true });
    await sleep(ms, over.signal);
    signal.removeEventListener('abort', end);
    forget();
  }

  #set(state: State): void {
    if (state.loaded === this.#state.loaded && state.error === this.#state.error) return;
    this.#state = state;
    this.#listeners.emit();
  }
}

/** Loads while somebody is signed in and the component is shown; anew for another user. `load` must keep its identity. */
export function useLoading(load: () => Promise<unknown>): State & Pick<Loading, 'more'> {
  const client = useClient();
  const user = useSession();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what one user was shown is not another's
  const loading = useMemo(() => new Loading(client, load), [client, load, user]);
  useEffect(() => (user === null ? undefined : loading.start()), [loading, user]);
  return { ...useSource(loading), more: loading.more };
}
