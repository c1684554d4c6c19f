/** The ways in which a store can be had, tried in a fixed order. */
import type { Source, StartOptions } from '../options.ts';
import { EngineNotAvailable, type RunningStore, type StoreName } from '../types.ts';

/** One way. Both functions reject with the reason, for people, when it is no way on this machine. */
export interface Way {
  source: Source;
  /** What it would be, found out without starting, building or installing anything. */
  check(): Promise<string>;
  /** Builds or installs what is needed. Returns what starts the store. */
  prepare(): Promise<() => Promise<RunningStore>>;
}

export interface Store {
  name: StoreName;
  /** For people: `Redis`. */
  title: string;
  /** What would help when there is no way, as the end of a sentence. */
  help: string;
  ways(options: StartOptions): Way[];
}

export type Probe = { engine: string } | { missing: string };

/**
 * Starts a store in the first way that there is.
 *
 * @throws {EngineNotAvailable} when there is none, with what was tried and what would help
 * @throws {Error} when the server is there but does not start, with its last lines
 */
export async function startStore(store: Store, options: StartOptions): Promise<RunningStore> {
  const tried: string[] = [];
  for (const way of waysOf(store, options)) {
    let start: () => Promise<RunningStore>;
    try {
      await way.check();
      start = await way.prepare();
    } catch (error) {
      tried.push(reason(error));
      continue;
    }
    return await start();
  }
  throw new EngineNotAvailable(store.name, missing(store, tried));
}

/** Builds or installs what `startStore` would start, so that the start takes no longer than a start. */
export async function prepareStore(store: Store, options: StartOptions): Promise<Probe> {
  const tried: string[] = [];
  for (const way of waysOf(store, options)) {
    try {
      const engine = await way.check();
      await way.prepare();
      return { engine };
    } catch (error) {
      tried.push(reason(error));
    }
  }
  return { missing: missing(store, tried) };
}

/** What `startStore` would start, without starting, building or installing anything. */
export async function probeStore(store: Store, options: StartOptions): Promise<Probe> {
  const tried: string[] = [];
  for (const way of waysOf(store, options)) {
    try {
      return { engine: await way.check() };
    } catch (error) {
      tried.push(reason(error));
    }
  }
  return { missing: missing(store, tried) };
}

function waysOf(store: Store, options: StartOptions): Way[] {
  return store
    .ways(options)
    .filter(({ source }) => options.sources?.includes(source) ?? true)
    .filter(({ source }) => !(options.own && source === 'url'));
}

function missing({ title, help }: Store, tried: string[]): string {
  const list = tried.map((line) => `\n  - ${line}`).join('');
  return `${title} cannot be had on this machine. Tried:${list || ' nothing'}\nWhat would help: ${help}.`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
