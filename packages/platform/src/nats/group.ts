/** One group's part of one stream: its durable consumer on the server, and what this process takes of it. */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Deliveries, type DeliveriesOptions } from './deliveries.ts';
import { ensureDurable } from './durable.ts';
import { Puller } from './puller.ts';

export interface GroupOptions extends Omit<DeliveriesOptions, 'release'> {
  stream: string;
  heartbeatMs: number;
  maxHeld: number;
  /** The durable may be gone: call `start` again. */
  onLost(reason: string): void;
}

export class Group {
  readonly consumer: string;
  readonly stream: string;
  readonly #options: GroupOptions;
  readonly #puller: Puller;
  readonly #deliveries: Deliveries;
  #stopping: Promise<void> | undefined;

  constructor(options: GroupOptions) {
    const { consumer, stream, log } = options;
    this.consumer = consumer;
    this.stream = stream;
    this.#options = options;
    this.#deliveries = new Deliveries({ ...options, release: () => this.#puller.release() });
    this.#puller = new Puller({
      stream,
      durable: consumer,
      maxHeld: options.maxHeld,
      heartbeatMs: options.heartbeatMs,
      log,
      receive: (message) => this.#deliveries.receive(message),
      onLost: (reason) => {
        log.warn({ consumer, stream, reason }, 'a consumer of the bus was lost');
        options.onLost(reason);
      },
    });
  }

  /** Makes the durable where it is missing and begins to take events; again after a loss. */
  async start(connection: NatsConnection, manager: JetStreamManager): Promise<void> {
    if (this.#stopping) return;
    const { stream, consumer, handlers, ackWaitMs } = this.#options;
    // One that has vanished begins where it was last heard of, a little earlier: a repeat does no harm, a gap would.
    const { heardAt } = this.#puller;
    await ensureDurable(manager, {
      stream,
      durable: consumer,
      subjects: [...handlers.keys()],
      ackWaitMs,
      manyFilters: hasManyFilters(connection),
      since: heardAt === 0 ? null : new Date(heardAt - ackWaitMs),
    });
    if (!this.#stopping) this.#puller.start(connection);
  }

  /** Nothing is expected before the next `start`. */
  pause(): void {
    this.#puller.pause();
  }

  settled(): Promise<void> {
    return this.#deliveries.settled();
  }

  /** Takes no more, gives back what is not at work yet, and waits at most so long for what is. Any number of calls. */
  stop(waitMs: number): Promise<void> {
    this.#stopping ??= this.#stop(waitMs);
    return this.#stopping;
  }

  async #stop(waitMs: number): Promise<void> {
    // The server must know that nobody listens here, or it sends what is given back to nobody.
    await this.#puller.stop(waitMs);
    await this.#deliveries.stop(waitMs);
  }
}

/** From 2.10 on a consumer can filter by several subjects. */
function hasManyFilters(connection: NatsConnection): boolean {
  const [major = 0, minor = 0] = (connection.info?.version ?? '').split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}
