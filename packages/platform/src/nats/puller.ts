/**
 * Asks the server for events of one durable consumer, never for more than there is room for: what is asked for and what is
 * held together stay within `maxHeld`, so that no event waits here, its time for an answer running, for others to be done.
 * (The library's `consume()` asks for more as soon as events arrive, whatever became of them.)
 */
import {
  createInbox,
  type Msg,
  type NatsConnection,
  nanos,
  type Subscription,
} from '@nats-io/transport-node';
import type { Log } from '@parley/core';
import { within } from '../within.ts';

export interface PullerOptions {
  stream: string;
  durable: string;
  /** Events that are held at once at most. */
  maxHeld: number;
  /** Milliseconds after which the server shows that it still waits for events. */
  heartbeatMs: number;
  log: Log;
  /** Takes an event; `release` must be called once for each. Must not throw. */
  receive(message: Msg): void;
  /** The consumer may be gone, or the server does not answer: call `start` when it is there again. */
  onLost(reason: string): void;
}

/** Milliseconds that the server keeps a request for events. */
const expiresMs = 30_000;
/** Milliseconds before the server is asked again after it refused. */
const refusedMs = 250;

export class Puller {
  readonly #options: PullerOptions;
  readonly #subject: string;
  /** Requests that the server still has, oldest first, by number, with how many events each may still bring. */
  readonly #requests = new Map<number, number>();
  #connection: NatsConnection | undefined;
  #subscription: Subscription | undefined;
  #inbox = '';
  #number = 0;
  #asked = 0;
  #held = 0;
  #running = false;
  #heard = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: PullerOptions) {
    this.#options = options;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${options.stream}.${options.durable}`;
  }

  /** When the server was last heard of, in milliseconds since the epoch; 0 for never. */
  get heardAt(): number {
    return this.#heard;
  }

  /** Begins to ask, or asks anew after a loss. */
  start(connection: NatsConnection): void {
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#inbox = `${createInbox()}.`;
      this.#subscription = connection.subscribe(`${this.#inbox}*`, {
        callback: (error, message) => {
          if (error) this.#options.log.error({ err: error, ...this.#names }, 'events cannot be received');
          else this.#received(message);
        },
      });
    }
    // Whatever was asked for before, the server has forgotten.
    this.#requests.clear();
    this.#asked = 0;
    this.#running = true;
    this.#heard = Date.now();
    this.#watch ??= setInterval(() => this.#check(), this.#options.heartbeatMs).unref();
    this.#ask();
  }

  /** Asks no more; resolves when nothing can arrive any more, or after so many milliseconds without an answer. */
  async stop(waitMs: number): Promise<void> {
    this.#running = false;
    clearInterval(this.#watch);
    const drained = this.#subscription?.drain().catch(() => undefined);
    if (drained) await within(drained, waitMs);
  }

  /** The server is away: nothing is expected until the next `start`. */
  pause(): void {
    this.#running = false;
  }

  /** There is room for one more. */
  release(): void {
    this.#held--;
    this.#ask();
  }

  get #names(): { consumer: string; stream: string } {
    return { consumer: this.#options.durable, stream: this.#options.stream };
  }

  #ask(): void {
    if (!this.#running || !this.#connection || this.#connection.isClosed()) return;
    const room = this.#options.maxHeld - this.#held - this.#asked;
    // Not for each that is done: a request costs as much as an event.
    if (room <= 0 || (this.#asked > 0 && room < this.#options.maxHeld / 4)) return;
    const number = this.#number++;
    this.#requests.set(number, room);
    this.#asked += room;
    const request = {
      batch: room,
      expires: nanos(expiresMs),
      idle_heartbeat: nanos(this.#options.heartbeatMs),
    };
    this.#connection.publish(this.#subject, JSON.stringify(request), { reply: this.#inbox + number });
  }

  #received(message: Msg): void {
    this.#heard = Date.now();
    if (message.subject.startsWith(this.#inbox)) {
      this.#status(Number(message.subject.slice(this.#inbox.length)), message);
      return;
    }
    this.#held++;
    // The server answers requests in their order.
    const [oldest] = this.#requests;
    if (oldest) {
      const [number, left] = oldest;
      this.#asked--;
      if (left === 1) this.#requests.delete(number);
      else this.#requests.set(number, left - 1);
    }
    this.#options.receive(message);
    // The last that was asked for: little room is room too now.
    if (this.#asked === 0) this.#ask();
  }

  /** What the server says about a request instead of an event (ADR-37 of the NATS architecture). */
  #status(number: number, message: Msg): void {
    const code = message.headers?.code ?? 0;
    if (code === 100) return;
    const left = this.#requests.get(number);
    if (left === undefined) return;
    this.#requests.delete(number);
    this.#asked -= left;
    const text = message.headers?.description ?? '';
    if (code === 503 || /deleted/i.test(text)) {
      this.#running = false;
      this.#options.onLost(text || 'nobody answers');
    } else if (code === 404 || code === 408) {
      this.#ask();
    } else {
      // A server that stops, a change of leader, too many requests: none of it lasts.
      this.#options.log.debug({ ...this.#names, code, text }, 'the server refused a request for events');
      setTimeout(() => this.#ask(), refusedMs).unref();
    }
  }

  #check(): void {
    if (!this.#running || this.#asked === 0) return;
    if (Date.now() - this.#heard < this.#options.heartbeatMs * 2.5) return;
    this.#running = false;
    this.#options.onLost('no sign of life');
  }
}
