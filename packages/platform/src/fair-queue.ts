/** Work that waits for its turn, a few at a time. Owners take turns: who has much to do does not keep others from theirs. */
export class FairQueue {
  readonly #atOnce: number;
  #running = 0;
  /** By owner, in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Does the work when it is its turn. Errors: those of the work. */
  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++;
    else await this.#turn(owner);
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  #turn(owner: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(owner);
      if (queue) queue.push(resolve);
      else this.#waiting.set(owner, [resolve]);
    });
  }

  /** Whoever is done gives its place to the first of the next owner, who then goes to the end. */
  #passOn(): void {
    for (const [owner, queue] of this.#waiting) {
      this.#waiting.delete(owner);
      const go = queue.shift();
      if (queue.length > 0) this.#waiting.set(owner, queue);
      go?.();
      return;
    }
    this.#running--;
  }
}
