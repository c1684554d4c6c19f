/** Waits that can all be given up at once. */
export class Waits {
  readonly #waiting = new Map<NodeJS.Timeout, (waited: boolean) => void>();
  #abandoned = false;

  /** Says true after so many milliseconds, false as soon as waiting is given up. */
  wait(ms: number): Promise<boolean> {
    if (this.#abandoned) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(timer);
        resolve(true);
      }, ms);
      this.#waiting.set(timer, resolve);
    });
  }

  abandon(): void {
    this.#abandoned = true;
    for (const [timer, resolve] of this.#waiting) {
      clearTimeout(timer);
      resolve(false);
    }
    this.#waiting.clear();
  }
}
