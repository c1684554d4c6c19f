/** The program `api` of a cluster: REST, tRPC, documents and pages; forwards `/ws` and `/socket.io` where REALTIME_URL is set. */
import type { Config } from '@parley/platform';
import { type Program, type RuntimeOverrides, requireShared, serve } from '@parley/runtime';
import { createApi } from './api.ts';

/** Starts it and resolves once requests are answered. Errors: what keeps it from starting, said plainly. */
export async function startApi(config: Config, overrides: RuntimeOverrides = {}): Promise<Program> {
  requireShared(config, 'api');
  return serve(config, 'api', createApi, overrides);
}
