/** api, realtime and workers in one process on one port: what `npm start` runs. */
import { createServer } from 'node:http';
import { createApi } from '@parley/api';
import type { Config } from '@parley/platform';
import { createRealtime } from '@parley/realtime';
import { closeServer, createRuntime, listen, type Program, type RuntimeOverrides } from '@parley/runtime';
import { createWorkers } from '@parley/workers';

/** Starts everything and resolves once requests are answered. Errors: what keeps it from starting, said plainly. */
export async function createStandalone(config: Config, overrides: RuntimeOverrides = {}): Promise<Program> {
  const runtime = await createRuntime(config, 'standalone', overrides);
  try {
    const api = createApi(runtime);
    const realtime = createRealtime(runtime);
    const workers = createWorkers(runtime);
    const server = createServer({ keepAliveTimeout: 65_000 }, api.handler);
    realtime.attach(server);
    // Before listening: what an earlier process accepted is told before anything new.
    await runtime.start();
    workers.start();
    return {
      url: await listen(server, config),
      runtime,
      async close() {
        runtime.readiness.drain();
        await closeServer(server, config, () =>
          Promise.all([realtime.drain(), api.drain(), workers.drain()]),
        );
        await runtime.close();
      },
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
