/** The program `workers` of a cluster: bus consumers and timers. */
import type { Config } from '@parley/platform';
import {
  operationsHandler,
  type Program,
  type RuntimeOverrides,
  requireShared,
  serve,
} from '@parley/runtime';
import { createWorkers } from './workers.ts';

/** Starts it and resolves once it works. Errors: what keeps it from starting, said plainly. */
export async function startWorkers(config: Config, overrides: RuntimeOverrides = {}): Promise<Program> {
  requireShared(config, 'workers');
  return serve(
    config,
    'workers',
    (runtime) => ({
      ...createWorkers(runtime),
      handler: operationsHandler(runtime),
    }),
    overrides,
  );
}
