/** Work that must go one after the other where it is about the same thing, and beside each other where it is not. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs the work behind what was given before under the same key; its outcome is the work's own. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#last.set(key, turn);
    const done = () => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    };
    turn.then(done, done);
    return turn;
  }
}
