/**
 * Messages on their way: kept until the server has answered for each, in their order per chat. All that the client sends goes through
 * here.
 *
 * In a chat one message is under way at a time, the next only after its answer. A wider window could not keep the order: of
 * two messages under way the first may be refused for a moment (rate limit, a store that is down) and the second be taken.
 * It costs nothing, since the server takes 3 messages a second in the long run. Chats do not wait for each other.
 *
 * A repeated message carries the same `client_msg_id`, so the server stores it once and answers the same again. What was once
 * handed to a connection may have arrived, so it is not dropped any more, only repeated until the answer is known.
 */
import type { InputOf } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import { abortError, onAbort } from '../lib/abort.ts';
import { deferred } from '../lib/deferred.ts';
import { Listeners } from '../lib/listeners.ts';
import { randomUuid } from '../lib/uuid.ts';
import { limits } from '../limits.ts';
import { Gate } from '../realtime/gate.ts';
import type { Link } from '../realtime/link.ts';
import type { Draft, Sent } from '../realtime/types.ts';
import type { Timing } from '../timing.ts';
import { Road } from './road.ts';

export type Frame = InputOf<'messages.send'>;

/** One message in its lane. */
export interface Entry {
  readonly id: string;
  readonly chatId: string;
  /** Its place among those of the chat: behind all that are not greater. */
  readonly order: number;
  /** Null: what it needs is not done, and those behind it wait. */
  frame: Frame | null;
  /** Goes over the live connection alone; it holds up no others while those go over HTTP. */
  readonly live: boolean;
  /** Whether it was handed to a connection. */
  emitted: boolean;
  resolve(sent: Sent): void;
  reject(error: unknown): void;
}

/** Chats that may have a message under way at once: a few are enough, and a long queue does not run into the rate limit. */
const width = 8;

/** The frame of a draft. The server compares ids in lower case. Errors: `PAYLOAD_TOO_LARGE`. */
export function frameOf(draft: Draft): Frame {
  const frame: Frame = { ...draft, client_msg_id: (draft.client_msg_id ?? randomUuid()).toLowerCase() };
  // The server closes the connection on a larger frame, with all that is under way on it.
  if (new TextEncoder().encode(JSON.stringify(frame)).length > limits.frame - 1024) {
    throw new ParleyError('PAYLOAD_TOO_LARGE');
  }
  return frame;
}

export function usedId(): ParleyError {
  return new ParleyError('CONFLICT', 'This client_msg_id is used by another message on its way');
}

export class Lanes {
  /** Every message that was stored, before whoever gave it hears. */
  readonly stored = new Listeners<{ frame: Frame; sent: Sent }>();
  /** Which way they go. */
  readonly road: Road;
  readonly #gate: Gate;
  /** By `client_msg_id`: messages given to `add`, with their promises. */
  readonly #added = new Map<string, { entry: Entry; promise: Promise<Sent> }>();
  readonly #lanes = new Map<string, Entry[]>();
  #stop = new AbortController();

  constructor(link: Link, timing: Timing) {
    this.road = new Road(link, timing);
    this.#gate = new Gate(link, timing, width);
  }

  /** How many messages given to `add` wait for their answer. */
  get size(): number {
    return this.#added.size;
  }

  /** Takes a message for the live connection; resolves when the server has stored it. */
  add(draft: Draft, signal: AbortSignal | undefined): Promise<Sent> {
    if (signal?.aborted) return Promise.reject(abortError(signal));
    let frame: Frame;
    try {
      frame = frameOf(draft);
    } catch (error) {
      return Promise.reject(error);
    }
    const id = frame.client_msg_id;
    const known = this.#added.get(id);
    if (known) {
      const same = JSON.stringify(known.entry.frame) === JSON.stringify(frame);
      return same ? known.promise : Promise.reject(usedId());
    }
    const { promise, resolve, reject } = deferred<Sent>();
    const chatId = frame.chat_id.toLowerCase();
    const order = this.#lanes.get(chatId)?.at(-1)?.order ?? 0;
    const entry: Entry = { id, chatId, order, frame, live: true, emitted: false, resolve, reject };
    this.#added.set(id, { entry, promise });
    this.put(entry);
    if (!signal) return promise;
    const forget = onAbort(signal, () => {
      if (entry.emitted) return;
      this.remove(entry);
      reject(abortError(signal));
    });
    return promise.finally(forget);
  }

  /** Puts a message into its lane. */
  put(entry: Entry): void {
    const lane = this.#lanes.get(entry.chatId);
    if (lane) {
      const at = lane.findLastIndex(({ order }) => order <= entry.order) + 1;
      lane.splice(at, 0, entry);
      this.road.wake();
    } else {
      const begun = [entry];
      this.#lanes.set(entry.chatId, begun);
      void this.#drain(begun, this.#stop.signal).finally(() => {
        // After `clear` the lane of this chat may be another one.
        if (this.#lanes.get(entry.chatId) === begun) this.#lanes.delete(entry.chatId);
      });
    }
  }

  /** Takes it out. One that is under way may be stored all the same; it is then told to `stored` alone. */
  remove(entry: Entry): void {
    this.#added.delete(entry.id);
    const lane = this.#lanes.get(entry.chatId);
    const at = lane?.indexOf(entry) ?? -1;
    if (at >= 0) lane?.splice(at, 1);
    this.road.wake();
  }

  /** Gives up on all messages. */
  clear(reason: ParleyError): void {
    this.#stop.abort(reason);
    this.#stop = new AbortController();
    const entries = [...this.#lanes.values()].flat();
    this.#lanes.clear();
    this.#added.clear();
    this.road.rest();
    for (const entry of entries) entry.reject(reason);
  }

  /** What can be sent now. */
  #next(lane: readonly Entry[]): Entry | undefined {
    const { way } = this.road;
    const first = way === 'http' ? lane.find(({ live }) => !live) : lane[0];
    return way && first?.frame ? first : undefined;
  }

  /** Sends a chat's messages one after the other, until none is left. Never rejects. */
  async #drain(lane: Entry[], signal: AbortSignal): Promise<void> {
    const whenOpen = (ended: AbortSignal) =>
      this.road.until(() => lane.length === 0 || this.#next(lane) !== undefined, ended);
    while (lane.length > 0 && !signal.aborted) {
      // Which one is known only when the gate opens: the first may have been dropped while it was closed.
      let entry: Entry | undefined;
      try {
        await this.#gate.pass(
          async () => {
            entry = this.#next(lane);
            if (!entry?.frame) return;
            const { frame } = entry;
            entry.emitted = true;
            const sent = await this.road.send(frame, signal);
            if (signal.aborted) return;
            this.stored.emit({ frame, sent });
            if (!lane.includes(entry)) return;
            this.remove(entry);
            entry.resolve(sent);
          },
          signal,
          whenOpen,
        );
      } catch (error) {
        if (!entry || signal.aborted || !lane.includes(entry)) continue;
        this.remove(entry);
        entry.reject(error);
      }
    }
  }
}
