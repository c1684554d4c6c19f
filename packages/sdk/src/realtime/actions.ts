import type { AckResults, ClientEventInput } from '@parley/contract';
import type { ParleyError } from '../errors.ts';
import { firstOf } from '../lib/abort.ts';
import type { Timing } from '../timing.ts';
import { Gate } from './gate.ts';
import type { Link } from './link.ts';

type ActionEvent = 'message.delete' | 'message.edit' | 'message.react';

/** Messages that may be changed at once. */
const width = 4;

/**
 * What is done to messages that were sent: deleting, editing, reacting. Each sets a state, so a repetition does no harm; but of
 * two reactions to one message the later must be the last, so those wait for each other.
 */
export class Actions {
  readonly #link: Link;
  readonly #gate: Gate;
  /** What was asked last, by message. */
  readonly #tails = new Map<string, Promise<unknown>>();
  #stop = new AbortController();

  constructor(link: Link, timing: Timing) {
    this.#link = link;
    this.#gate = new Gate(link, timing, width);
  }

  /** Resolves with the server's answer, however long it takes. */
  perform<E extends ActionEvent>(
    event: E,
    data: ClientEventInput<E>,
    signal: AbortSignal | undefined,
  ): Promise<AckResults[E]> {
    const key = data.message_id.toLowerCase();
    const before = this.#tails.get(key) ?? Promise.resolve();
    const { controller, release } = firstOf(signal, this.#stop.signal);
    const pass = () => this.#gate.pass(() => this.#link.request(event, data), controller.signal);
    const performed = before.then(pass, pass).finally(() => {
      release();
      if (this.#tails.get(key) === performed) this.#tails.delete(key);
    });
    this.#tails.set(key, performed);
    return performed;
  }

  /** Gives up on all that waits. */
  clear(reason: ParleyError): void {
    this.#stop.abort(reason);
    this.#stop = new AbortController();
    this.#tails.clear();
  }
}
