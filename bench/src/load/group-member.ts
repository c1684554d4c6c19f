/** What a message with some number is to a member. */
export type Arrival = 'next' | 'late' | 'again' | 'before';

/**
 * The numbers that one member of a group has seen. Those of its own messages come as answers, all others as messages; together they
 * must be all numbers after `base`, each once, and the others in their order.
 */
export class GroupMember {
  /** Everything up to here was seen, but for `#missing`. */
  #last: number;
  readonly #base: number;
  readonly #missing = new Set<number>();
  /** Own messages that were answered before their turn. */
  readonly #ahead = new Set<number>();

  constructor(base: number) {
    this.#base = base;
    this.#last = base;
  }

  get last(): number {
    return this.#last;
  }

  /** A message by somebody else. `late`: it came after a larger one. */
  arrived(seq: number): Arrival {
    if (seq === this.#last + 1) {
      this.#last = seq;
      return 'next';
    }
    if (seq <= this.#base) return 'before';
    if (seq <= this.#last) return this.#missing.delete(seq) ? 'late' : 'again';
    this.#passOver(seq);
    this.#last = seq;
    return 'next';
  }

  /** The number of an own message. */
  answered(seq: number): void {
    if (seq <= this.#last) this.#missing.delete(seq);
    else if (seq === this.#last + 1) this.#last = seq;
    else this.#ahead.add(seq);
  }

  #passOver(seq: number): void {
    for (let missed = this.#last + 1; missed < seq; missed += 1) {
      if (!this.#ahead.delete(missed)) this.#missing.add(missed);
    }
  }

  /** Numbers that came neither as a message nor as an answer. */
  get missing(): readonly number[] {
    return [...this.#missing];
  }
}
