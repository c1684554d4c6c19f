/** api, realtime and workers in one process on one port: what `npm start` runs. */
import { createApi } from '@parley/api';
import type { Config } from '@parley/platform';
import { createRealtime } from '@parley/realtime';
import { type Program, type RuntimeOverrides, serve } from '@parley/runtime';
import { createWorkers } from '@parley/workers';

/** Starts everything and resolves once requests are answered. Errors: what keeps it from starting, said plainly. */
export function createStandalone(config: Config, overrides: RuntimeOverrides = {}): Promise<Program> {
  return serve(
    config,
    'standalone',
    (runtime) => {
      // Realtime is here: there is nothing to forward to.
      const api = createApi({ ...runtime, config: { ...runtime.config, realtimeUrl: null } });
      const realtime = createRealtime(runtime);
      const workers = createWorkers(runtime);
      return {
        handler: api.handler,
        attach(server) {
          api.attach(server);
          realtime.attach(server);
        },
        start: () => workers.start(),
        drain: () => Promise.all([realtime.drain(), api.drain(), workers.drain()]),
      };
    },
    overrides,
  );
}
