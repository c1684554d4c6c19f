/** The program `realtime` of a cluster. `/ws` and `/socket.io`. */

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
import { createRealtime } from './realtime.ts';

/** Starts it and resolves once requests are answered. Errors: what keeps it from starting, said plainly. */
export async function startRealtime(config: Config): Promise<Program> {
  requireShared(config, 'realtime');
  const runtime = await createRuntime(config, 'realtime');
  const realtime = createRealtime(runtime);
  const server = createServer({ keepAliveTimeout: 65_000 }, operationsHandler(runtime));
  realtime.attach(server);
  await runtime.start();
  return {
    url: await listen(server, config),
    runtime,
    async close() {
      runtime.readiness.drain();
      await closeServer(server, config, () => realtime.drain());
      await runtime.close();
    },
  };
}
