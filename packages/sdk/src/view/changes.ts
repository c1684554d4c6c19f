import { Listeners } from '../lib/listeners.ts';

/** Tells of changes of a snapshot: once per turn, and only where it is another one then. */
export class Changes {
  readonly #snapshot: () => unknown;
  readonly #listeners = new Listeners<void>();
  #count = 0;
  #last: unknown;
  #due = false;

  /** `snapshot` answers the same reference as long as nothing changed. */
  constructor(snapshot: () => unknown) {
    this.#snapshot = snapshot;
  }

  /** Whether somebody listens. */
  get heard(): boolean {
    return this.#count > 0;
  }

  subscribe(callback: () => void): () => void {
    if (this.#count++ === 0) this.#last = this.#snapshot();
    const forget = this.#listeners.add(callback);
    let subscribed = true;
    return () => {
      if (subscribed) this.#count--;
      subscribed = false;
      forget();
    };
  }

  /** Something may have changed. */
  touch(): void {
    if (this.#due || this.#count === 0) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      const now = this.#snapshot();
      if (now === this.#last) return;
      this.#last = now;
      this.#listeners.emit();
    });
  }
}
