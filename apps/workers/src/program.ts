/** The program `workers` of a cluster. Bus consumers and timers. */

import { createServer } from 'node:http';
import type { Config } from '@parley/platform';
import {
  closeServer,
  createRuntime,
  listen,
  operationsHandler,
  type Program,
  requireShared,
} from '@parley/runtime';
import { createWorkers } from './workers.ts';

/** Starts it and resolves once requests are answered. Errors: what keeps it from starting, said plainly. */
export async function startWorkers(config: Config): Promise<Program> {
  requireShared(config, 'workers');
  const runtime = await createRuntime(config, 'workers');
  const workers = createWorkers(runtime);
  const server = createServer(operationsHandler(runtime));
  await runtime.start();
  workers.start();
  return {
    url: await listen(server, config),
    runtime,
    async close() {
      runtime.readiness.drain();
      await closeServer(server, config, () => workers.drain());
      await runtime.close();
    },
  };
}
