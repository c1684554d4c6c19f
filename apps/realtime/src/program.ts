/** The program `realtime` of a cluster: `/ws` and `/socket.io`. */
import type { Config } from '@parley/platform';
import {
  operationsHandler,
  type Program,
  type RuntimeOverrides,
  requireShared,
  serve,
} from '@parley/runtime';
import { createRealtime } from './realtime.ts';

/** Starts it and resolves once connections are taken. Errors: what keeps it from starting, said plainly. */
export async function startRealtime(config: Config, overrides: RuntimeOverrides = {}): Promise<Program> {
  requireShared(config, 'realtime');
  return serve(
    config,
    'realtime',
    (runtime) => ({
      ...createRealtime(runtime),
      handler: operationsHandler(runtime),
    }),
    overrides,
  );
}
