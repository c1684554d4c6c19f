/** Waiting times that double up to a limit, each shortened by up to half at random, so that clients do not come as one. */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #tries = 0;

  /** Milliseconds. */
  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const full = Math.min(this.#longest, this.#first * 2 ** Math.min(this.#tries++, 30));
    return full * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.#tries = 0;
  }
}
