/** Says yes at most once in a while: for log lines that a broken engine would write for every frame. */
export class Throttle {
  readonly #everyMs: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  allows(now: number): boolean {
    if (now - this.#at < this.#everyMs) return false;
    this.#at = now;
    return true;
  }
}
