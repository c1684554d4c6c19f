/** The program `api` of a cluster. REST, tRPC, documents and pages; forwards `/ws` and `/socket.io` where REALTIME_URL is set. */

import { createServer } from 'node:http';
import type { Config } from '@parley/platform';
import { closeServer, createRuntime, listen, type Program, requireShared } from '@parley/runtime';
import { createApi } from './api.ts';

/** Starts it and resolves once requests are answered. Errors: what keeps it from starting, said plainly. */
export async function startApi(config: Config): Promise<Program> {
  requireShared(config, 'api');
  const runtime = await createRuntime(config, 'api');
  const api = createApi(runtime);
  const server = createServer({ keepAliveTimeout: 65_000 }, api.handler);
  api.attach(server);
  await runtime.start();
  return {
    url: await listen(server, config),
    runtime,
    async close() {
      runtime.readiness.drain();
      await closeServer(server, config, () => api.drain());
      await runtime.close();
    },
  };
}
