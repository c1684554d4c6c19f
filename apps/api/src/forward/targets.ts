/** The realtime programs that connections are handed to, and which of them to ask first. */
import { createHash } from 'node:crypto';
import { Origin, type Resolve, resolveName } from './origin.ts';
import type { Target } from './target.ts';

/** Milliseconds until names are looked up again. */
const refreshMs = 5_000;
/** Polling sessions whose program is remembered. */
const maxSessions = 50_000;

export interface TargetsOptions {
  resolve?: Resolve;
  /** Monotonic, in milliseconds. */
  now?: () => number;
}

export class Targets {
  readonly #origins: Origin[];
  readonly #now: () => number;
  /** Where sessions are, the longest unheard of first. */
  readonly #sessions = new Map<string, Target>();
  readonly #timer: NodeJS.Timeout;
  #turn = 0;

  /** Begins to look names up, and does so every 5 s until `close`; nobody has to wait for it. */
  constructor(urls: readonly string[], options: TargetsOptions = {}) {
    const { resolve = resolveName, now = () => performance.now() } = options;
    this.#origins = urls.map((url) => new Origin(new URL(url), resolve));
    this.#now = now;
    this.#timer = setInterval(() => this.#refresh(), refreshMs).unref();
    this.#refresh();
  }

  /** Every target once, in turn: long-lived connections spread evenly. */
  inTurn(): Target[] {
    const all = this.#all();
    const start = this.#turn++ % all.length;
    return this.#anywhere([...all.slice(start), ...all.slice(0, start)]);
  }

  /**
   * Every target once, always in the same order for the same key, whatever happens to the others (rendezvous hashing). A
   * session comes first to where it was answered last, and never finds out for others whether a target is back.
   */
  for(key: string, session: string | null = null): Target[] {
    const weighed = this.#all().map((target) => ({
      target,
      weight: createHash('sha256').update(`${target.name} ${key}`).digest('hex'),
    }));
    weighed.sort((a, b) => (a.weight < b.weight ? -1 : 1));
    const order = weighed.map(({ target }) => target);
    if (session === null) return this.#anywhere(order);
    const home = this.#sessions.get(session);
    const rest = order.filter((target) => target !== home);
    rest.sort((a, b) => Number(b.well) - Number(a.well));
    return home ? [home, ...rest] : rest;
  }

  /** It could not be reached, or is stopping. */
  failed(target: Target, session: string | null = null): void {
    target.failed(this.#now());
    if (session !== null) this.#sessions.delete(session);
    if (!this.#all().some(({ well }) => well)) this.#refresh();
  }

  /** It answered. */
  succeeded(target: Target): void {
    target.succeeded();
  }

  /** The session lives there. */
  remember(session: string, target: Target): void {
    this.#sessions.delete(session);
    this.#sessions.set(session, target);
    if (this.#sessions.size <= maxSessions) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #all(): Target[] {
    return this.#origins.flatMap(({ targets }) => targets);
  }

  #refresh(): void {
    for (const origin of this.#origins) void origin.refresh();
  }

  /** For what may go anywhere: avoided ones last; one whose time has come is tried by the first who would go there. */
  #anywhere(targets: Target[]): Target[] {
    const now = this.#now();
    targets.sort((a, b) => Number(a.avoided(now)) - Number(b.avoided(now)));
    targets[0]?.probe(now);
    return targets;
  }
}
