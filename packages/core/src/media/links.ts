/** Addresses of files (contract section 2, Media): signed for an hour, and the same for some minutes, so that clients can cache by address. */
import { limits } from '@parley/contract';
import { LRUCache } from 'lru-cache';
import type { Clock, ObjectStore } from '../ports/engines.ts';

/** Milliseconds for which an address is given out again: every one given out works for 50 minutes more at least. */
const sameMs = 10 * 60_000;
/** Addresses kept, 300 bytes or so each. */
const most = 20_000;

export class MediaLinks {
  readonly #objects: Pick<ObjectStore, 'url'>;
  readonly #clock: Clock;
  readonly #links = new LRUCache<string, { link: Promise<string>; until: number }>({ max: most });

  constructor(parts: { objects: Pick<ObjectStore, 'url'>; clock: Clock }) {
    this.#objects = parts.objects;
    this.#clock = parts.clock;
  }

  /** Where anybody who has the address can read the object for up to an hour; with `filename`, as a download of that name. */
  of(key: string, filename?: string): Promise<string> {
    const name = filename === undefined ? key : `${key}\n${filename}`;
    const now = this.#clock.now();
    const known = this.#links.get(name);
    if (known && now < known.until) return known.link;
    const link = this.#objects.url(key, {
      expiresInSeconds: limits.mediaUrlSeconds,
      ...(filename === undefined ? {} : { filename }),
    });
    const entry = { link, until: now + sameMs };
    this.#links.set(name, entry);
    link.catch(() => {
      if (this.#links.get(name) === entry) this.#links.delete(name);
    });
    return link;
  }
}
