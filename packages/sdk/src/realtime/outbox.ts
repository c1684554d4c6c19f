/**
 * Messages on their way: kept until the server has answered for each, in the order in which they were given per chat.
 *
 * In a chat one message is under way at a time, the next only after its answer. A wider window could not keep the order: of
 * two messages under way the first may be refused for a moment (rate limit, a store that is down) and the second be taken.
 * It costs nothing, since the server takes 3 messages a second in the long run. Chats do not wait for each other.
 *
 * A repeated message carries the same `client_msg_id`, so the server stores it once and answers the same again. What was once
 * handed to a connection may have arrived, so it is not dropped any more, only repeated until the answer is known.
 *
 * @NOTE The outbox lives in memory: what has not been answered when the program ends is not sent later.
 */
import type { InputOf } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import { abortError, onAbort } from '../lib/abort.ts';
import { type Deferred, deferred } from '../lib/deferred.ts';
import { Listeners } from '../lib/listeners.ts';
import { randomUuid } from '../lib/uuid.ts';
import { limits } from '../limits.ts';
import type { Timing } from '../timing.ts';
import { Gate } from './gate.ts';
import type { Link } from './link.ts';
import type { Draft, Sent } from './types.ts';

type Frame = InputOf<'messages.send'>;

interface Entry {
  readonly frame: Frame;
  /** The frame as text, to tell a repetition from another message with the same id. */
  readonly text: string;
  readonly sent: Deferred<Sent>;
  /** Whether it was handed to a connection. */
  emitted: boolean;
}

/** Chats that may have a message under way at once: a few are enough, and a long queue does not run into the rate limit. */
const width = 8;

export class Outbox {
  /** Every message that was stored, before its promise resolves. */
  readonly stored = new Listeners<{ frame: Frame; sent: Sent }>();
  readonly #link: Link;
  readonly #gate: Gate;
  readonly #entries = new Map<string, Entry>();
  readonly #lanes = new Map<string, Entry[]>();
  #stop = new AbortController();

  constructor(link: Link, timing: Timing) {
    this.#link = link;
    this.#gate = new Gate(link, timing, width);
  }

  /** How many messages wait for their answer. */
  get size(): number {
    return this.#entries.size;
  }

  /** Takes a message; resolves when the server has stored it. */
  add(draft: Draft, signal: AbortSignal | undefined): Promise<Sent> {
    if (signal?.aborted) return Promise.reject(abortError(signal));
    // The server compares ids in lower case.
    const id = (draft.client_msg_id ?? randomUuid()).toLowerCase();
    const frame: Frame = { ...draft, client_msg_id: id };
    const text = JSON.stringify(frame);
    const known = this.#entries.get(id);
    if (known) {
      if (known.text === text) return known.sent.promise;
      return Promise.reject(
        new ParleyError('CONFLICT', 'This client_msg_id is used by another message on its way'),
      );
    }
    // The server closes the connection on a larger frame, with all that is under way on it.
    if (new TextEncoder().encode(text).length > limits.frame - 1024) {
      return Promise.reject(new ParleyError('PAYLOAD_TOO_LARGE'));
    }
    const entry: Entry = { frame, text, sent: deferred<Sent>(), emitted: false };
    this.#enqueue(entry);
    if (!signal) return entry.sent.promise;
    const forget = onAbort(signal, () => {
      if (!entry.emitted) this.#settle(entry, () => entry.sent.reject(abortError(signal)));
    });
    return entry.sent.promise.finally(forget);
  }

  /** Gives up on all messages. */
  clear(reason: ParleyError): void {
    this.#stop.abort(reason);
    this.#stop = new AbortController();
    this.#lanes.clear();
    for (const entry of [...this.#entries.values()]) this.#settle(entry, () => entry.sent.reject(reason));
  }

  #enqueue(entry: Entry): void {
    const chatId = entry.frame.chat_id.toLowerCase();
    this.#entries.set(entry.frame.client_msg_id, entry);
    const lane = this.#lanes.get(chatId);
    if (lane) {
      lane.push(entry);
      return;
    }
    const begun = [entry];
    this.#lanes.set(chatId, begun);
    void this.#drain(chatId, begun, this.#stop.signal);
  }

  #settle(entry: Entry, settle: () => void): void {
    this.#entries.delete(entry.frame.client_msg_id);
    const lane = this.#lanes.get(entry.frame.chat_id.toLowerCase());
    const at = lane?.indexOf(entry) ?? -1;
    if (at >= 0) lane?.splice(at, 1);
    settle();
  }

  /** Sends a chat's messages one after the other, until none is left. Never rejects. */
  async #drain(chatId: string, lane: Entry[], signal: AbortSignal): Promise<void> {
    while (lane.length > 0 && !signal.aborted) {
      // Which one is known only when the gate opens: the first may have been dropped while it was closed.
      let entry: Entry | undefined;
      try {
        const sent = await this.#gate.pass(async () => {
          entry = lane[0];
          if (!entry) return null;
          entry.emitted = true;
          return this.#link.request('message.send', entry.frame);
        }, signal);
        const done = entry;
        if (!done || !sent) continue;
        this.stored.emit({ frame: done.frame, sent });
        this.#settle(done, () => done.sent.resolve(sent));
      } catch (error) {
        const failed = entry;
        if (failed && !signal.aborted) this.#settle(failed, () => failed.sent.reject(error));
      }
    }
    // After `clear` the lane of this chat may be another one.
    if (this.#lanes.get(chatId) === lane) this.#lanes.delete(chatId);
  }
}
