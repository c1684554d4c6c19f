/** How far consumers are behind, for an operator: asked once, over a connection of its own. */
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { unavailable } from '@parley/core';
import { readAddresses } from './address.ts';

export interface ConsumerQueue {
  consumer: string;
  stream: string;
  /** Events that no instance was given yet. */
  pending: number;
  /** Events that an instance has and did not answer for yet, or that wait for their next try. */
  unanswered: number;
  /** Deliveries after the first, of what is not answered for yet. */
  redelivered: number;
}

/** Every durable consumer of every stream. Errors: `SERVICE_UNAVAILABLE`. */
export async function readQueues(
  urls: string | readonly string[],
  timeoutMs: number,
): Promise<ConsumerQueue[]> {
  try {
    const connection = await connect({ ...readAddresses(urls), timeout: timeoutMs, name: 'parley-ops' });
    try {
      const manager = await jetstreamManager(connection, { timeout: timeoutMs });
      const queues: ConsumerQueue[] = [];
      for await (const stream of manager.streams.list()) {
        for await (const info of manager.consumers.list(stream.config.name)) {
          queues.push({
            consumer: info.config.durable_name ?? info.name,
            stream: stream.config.name,
            pending: info.num_pending,
            unanswered: info.num_ack_pending,
            redelivered: info.num_redelivered,
          });
        }
      }
      return queues.sort((a, b) => (a.consumer + a.stream < b.consumer + b.stream ? -1 : 1));
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw unavailable('NATS', error);
  }
}
