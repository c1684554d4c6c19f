/**
 * @packageDocumentation Bus consumers and timers. What runs here today is the outbox relay's sweep, which publishes what a
 * crash or a broken bus left behind; push, media and expiry join it.
 */
import type { Runtime } from '@parley/runtime';

export interface Workers {
  /** Begins to sweep. Call it once every consumer is subscribed. */
  start(): Promise<void>;
}

export function createWorkers(runtime: Runtime): Workers {
  return { start: () => runtime.start() };
}
