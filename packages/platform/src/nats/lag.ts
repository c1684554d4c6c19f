/** How far consumers are behind: what JetStream has for them and has no answer for yet. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { Gauge } from 'prom-client';
import type { Metrics } from '../metrics.ts';

const name = 'parley_bus_lag_events';

export class Lag {
  readonly #gauge: Gauge<'consumer' | 'stream'>;

  constructor(registry: Metrics['registry']) {
    const present = registry.getSingleMetric(name);
    this.#gauge =
      present instanceof Gauge
        ? present
        : new Gauge({
            name,
            help: 'Events that a consumer has not handled yet, over all instances',
            labelNames: ['consumer', 'stream'],
            registers: [registry],
          });
  }

  async measure(
    manager: JetStreamManager,
    groups: readonly { consumer: string; stream: string }[],
  ): Promise<void> {
    await Promise.all(
      groups.map(async ({ consumer, stream }) => {
        const { num_pending, num_ack_pending } = await manager.consumers.info(stream, consumer);
        this.#gauge.set({ consumer, stream }, num_pending + num_ack_pending);
      }),
    );
  }
}
