import type { RoomEvent } from './room.ts';

/** Events that came while something was fetched, kept as long as an answer may have to be completed by them. */
export class Journal {
  #events: { readonly chatId: string; readonly event: RoomEvent }[] = [];
  /** How many were forgotten before these. */
  #forgotten = 0;
  readonly #marks = new Map<symbol, number>();

  /** Keeps events from now on, until `end`. */
  begin(): symbol {
    const mark = Symbol();
    this.#marks.set(mark, this.#forgotten + this.#events.length);
    return mark;
  }

  add(chatId: string, event: RoomEvent): void {
    if (this.#marks.size > 0) this.#events.push({ chatId, event });
  }

  /** A chat's events since the mark, in their order. */
  since(mark: symbol, chatId: string): RoomEvent[] {
    const from = (this.#marks.get(mark) ?? Number.POSITIVE_INFINITY) - this.#forgotten;
    return this.#events.slice(from).flatMap((each) => (each.chatId === chatId ? [each.event] : []));
  }

  end(mark: symbol): void {
    this.#marks.delete(mark);
    const oldest = Math.min(...this.#marks.values());
    const done = Math.min(oldest - this.#forgotten, this.#events.length);
    this.#events.splice(0, done);
    this.#forgotten += done;
  }
}
