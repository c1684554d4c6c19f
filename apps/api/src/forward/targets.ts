/** The realtime programs that connections are handed to, and which of them to ask first. */
import { createHash } from 'node:crypto';

/** Milliseconds for which one that could not be reached is asked last. */
const avoidMs = 2_000;

export interface Target {
  readonly url: URL;
  avoidUntil: number;
}

export class Targets {
  readonly #all: Target[];
  #turn = 0;

  constructor(urls: readonly string[]) {
    this.#all = urls.map((url) => ({ url: new URL(url), avoidUntil: 0 }));
  }

  /** Every target once, in turn: long-lived connections spread evenly. */
  inTurn(): Target[] {
    const start = this.#turn++ % this.#all.length;
    return this.#reachableFirst([...this.#all.slice(start), ...this.#all.slice(0, start)]);
  }

  /** Every target once, always in the same order for the same key, whatever happens to the others (rendezvous hashing). */
  for(key: string): Target[] {
    const weighed = this.#all.map((target) => ({
      target,
      weight: createHash('sha256').update(`${target.url.host} ${key}`).digest('hex'),
    }));
    weighed.sort((a, b) => (a.weight < b.weight ? -1 : 1));
    return this.#reachableFirst(weighed.map(({ target }) => target));
  }

  /** It could not be reached. */
  failed(target: Target): void {
    target.avoidUntil = performance.now() + avoidMs;
  }

  #reachableFirst(targets: Target[]): Target[] {
    const now = performance.now();
    return targets.sort((a, b) => Number(a.avoidUntil > now) - Number(b.avoidUntil > now));
  }
}
