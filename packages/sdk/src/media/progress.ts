import { Listeners } from '../lib/listeners.ts';
import type { Progress } from './types.ts';

/** Tells of progress: never backwards, also when a transfer begins again, and each step once. */
export class Meter {
  readonly #listeners = new Listeners<Progress>();
  readonly #total: number;
  #told = -1;

  constructor(total: number, onProgress: ((progress: Progress) => void) | undefined) {
    this.#total = total;
    if (onProgress) this.#listeners.add(onProgress);
  }

  set(loaded: number): void {
    if (loaded <= this.#told) return;
    this.#told = loaded;
    this.#listeners.emit({ loaded, total: this.#total });
  }

  /** All of it has gone. */
  done(): void {
    this.set(this.#total);
  }
}

/** Ends a transfer that stands still: `move` says that it does not. */
export class Watchdog {
  readonly #ms: number;
  readonly #bark: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Milliseconds. */
  constructor(ms: number, bark: () => void) {
    this.#ms = ms;
    this.#bark = bark;
    this.move();
  }

  move(): void {
    this.stop();
    this.#timer = setTimeout(this.#bark, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
