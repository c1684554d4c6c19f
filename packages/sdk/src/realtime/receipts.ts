import type { AckResults } from '@parley/contract';
import type { ParleyError } from '../errors.ts';
import { Listeners } from '../lib/listeners.ts';
import { limits } from '../limits.ts';
import type { Timing } from '../timing.ts';
import { Coalesced } from './coalesced.ts';
import { Gate } from './gate.ts';
import type { Link } from './link.ts';

/** What a read answers. */
export type ReadResult = AckResults['message.read'];

/** What was told, and the server has taken. */
export type Told =
  | { readonly status: 'delivered'; readonly messageIds: readonly string[] }
  | { readonly status: 'read'; readonly chatId: string; readonly messageId: string; readonly unread: number };

/**
 * Delivered and read, told to the server however long it takes. Both are positions that only move forward, so a repetition
 * does no harm, and of several reads that wait only the furthest is sent.
 */
export class Receipts {
  /** This connection is not told of what it has told itself. */
  readonly told = new Listeners<Told>();
  readonly #link: Link;
  readonly #gate: Gate;
  readonly #reads = new Map<string, Coalesced<string, ReadResult>>();
  readonly #delivered: Coalesced<ReadonlySet<string>, void>;
  #stop = new AbortController();

  constructor(link: Link, timing: Timing) {
    this.#link = link;
    this.#gate = new Gate(link, timing, 4);
    this.#delivered = new Coalesced(
      (older, newer) => new Set([...older, ...newer]),
      (ids) => this.#deliver([...ids]),
    );
  }

  read(chatId: string, upTo: string): Promise<ReadResult> {
    const key = chatId.toLowerCase();
    let reads = this.#reads.get(key);
    if (!reads) {
      reads = new Coalesced(furthest, (id) => this.#read(key, id));
      this.#reads.set(key, reads);
    }
    return reads.add(upTo);
  }

  delivered(messageIds: readonly string[]): Promise<void> {
    return messageIds.length === 0 ? Promise.resolve() : this.#delivered.add(new Set(messageIds));
  }

  /** Gives up on all that waits. */
  clear(reason: ParleyError): void {
    this.#delivered.clear(reason);
    for (const reads of this.#reads.values()) reads.clear(reason);
    this.#reads.clear();
    this.#stop.abort(reason);
    this.#stop = new AbortController();
  }

  async #read(chatId: string, upTo: string): Promise<ReadResult> {
    const data = { chat_id: chatId, up_to_message_id: upTo };
    const { signal } = this.#stop;
    const result = await this.#gate.pass(() => this.#link.request('message.read', data), signal);
    this.told.emit({ status: 'read', chatId, messageId: upTo.toLowerCase(), unread: result.unread_count });
    return result;
  }

  async #deliver(ids: string[]): Promise<void> {
    const { signal } = this.#stop;
    for (let at = 0; at < ids.length; at += limits.deliveredIds) {
      const message_ids = ids.slice(at, at + limits.deliveredIds);
      await this.#gate.pass(() => this.#link.request('message.delivered', { message_ids }), signal);
      this.told.emit({ status: 'delivered', messageIds: message_ids.map((id) => id.toLowerCase()) });
    }
  }
}

/** Message ids of version 7 sort by time; of others the later call counts. */
function furthest(older: string, newer: string): string {
  const [a, b] = [older.toLowerCase(), newer.toLowerCase()];
  return isVersion7(a) && isVersion7(b) && a > b ? a : b;
}

function isVersion7(uuid: string): boolean {
  return uuid[14] === '7';
}
