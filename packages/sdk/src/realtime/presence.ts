import { type ParleyError, toParleyError } from '../errors.ts';
import type { DebugLog } from '../lib/debug.ts';
import { quiet } from '../lib/deferred.ts';
import { limits } from '../limits.ts';
import type { Timing } from '../timing.ts';
import { Gate } from './gate.ts';
import type { Link } from './link.ts';

/** Whose presence the client wants to hear of. The server forgets it with the connection, so every new one is told again. */
export class PresenceWatch {
  readonly #link: Link;
  readonly #gate: Gate;
  readonly #debug: DebugLog;
  readonly #ids = new Set<string>();
  #stop = new AbortController();

  constructor(link: Link, timing: Timing, debug: DebugLog) {
    this.#link = link;
    this.#gate = new Gate(link, timing, 2);
    this.#debug = debug;
    link.statuses.add((status) => {
      if (status === 'online') void this.#again();
    });
  }

  /** The promise may be ignored. */
  subscribe(userIds: readonly string[]): Promise<void> {
    const added = userIds.map((id) => id.toLowerCase()).filter((id) => !this.#ids.has(id));
    for (const id of added) this.#ids.add(id);
    return quiet(this.#subscribe(added));
  }

  /** The promise may be ignored. */
  unsubscribe(userIds: readonly string[]): Promise<void> {
    const removed = userIds.map((id) => id.toLowerCase()).filter((id) => this.#ids.delete(id));
    return quiet(this.#unsubscribe(removed));
  }

  clear(reason: ParleyError): void {
    this.#ids.clear();
    this.#stop.abort(reason);
    this.#stop = new AbortController();
  }

  async #again(): Promise<void> {
    try {
      await this.#subscribe([...this.#ids]);
    } catch (error) {
      this.#debug('presence could not be subscribed to again', { code: toParleyError(error).code });
    }
  }

  async #subscribe(userIds: readonly string[]): Promise<void> {
    const { signal } = this.#stop;
    for (const user_ids of parts(userIds)) {
      try {
        await this.#gate.pass(() => this.#link.request('presence.subscribe', { user_ids }), signal);
      } catch (error) {
        // Refused for good: asking again with every connection would only spoil the others.
        if (!signal.aborted) for (const id of user_ids) this.#ids.delete(id);
        throw error;
      }
    }
  }

  async #unsubscribe(userIds: readonly string[]): Promise<void> {
    for (const user_ids of parts(userIds)) {
      // Without a connection there is nothing that the server would have to forget.
      if (this.#link.status !== 'online') return;
      await this.#link.request('presence.unsubscribe', { user_ids });
    }
  }
}

function parts(userIds: readonly string[]): string[][] {
  const count = Math.ceil(userIds.length / limits.presenceIds);
  return Array.from({ length: count }, (_, at) =>
    userIds.slice(at * limits.presenceIds, (at + 1) * limits.presenceIds),
  );
}
