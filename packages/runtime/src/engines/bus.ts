/** Events: NATS JetStream where it is configured, otherwise within this process. */
import { randomUUID } from 'node:crypto';
import type { DeadLetterStore } from '@parley/core';
import { type BusEngine, type Config, type Logger, MemoryBus, type Metrics, NatsBus } from '@parley/platform';

/**
 * What an instance took and did not live to handle goes to another one after this time, in milliseconds: people wait for it. An
 * instance that lives says so in between, however long it takes.
 */
const ackWaitMs = 5_000;

export function openBus(
  config: Config,
  program: string,
  parts: { log: Logger; metrics: Metrics; deadLetters: DeadLetterStore },
): BusEngine {
  if (config.natsUrl === null) return new MemoryBus(parts);
  return new NatsBus({
    ...parts,
    url: config.natsUrl,
    name: `parley-${program}`,
    instance: randomUUID().slice(0, 8),
    timeoutMs: config.storeTimeoutMs,
    replicas: config.natsReplicas,
    ackWaitMs,
  });
}
