/** Those who want to be called. */
export class Listeners {
  readonly #handlers = new Set<() => void>();

  add(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  call(): void {
    for (const handler of this.#handlers) handler();
  }
}
