/** A runtime and an HTTP server over it: what every program is. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Config } from '@parley/platform';
import { createRuntime, type RuntimeOverrides } from './create.ts';
import { closeServer, listen } from './listen.ts';
import type { Program } from './program.ts';
import type { Runtime } from './runtime.ts';

/** What a program puts into its server. */
export interface Service {
  handler(req: IncomingMessage, res: ServerResponse): void;
  /** Takes upgrades, once the request handler is set. */
  attach?(server: Server): void;
  /** Begins what it does by itself; the bus and the stores are there. */
  start?(): void;
  /** Takes nothing new; resolves when what was accepted is answered and its connections are closed. */
  drain(): Promise<unknown>;
}

/** Milliseconds for which an idle connection is kept: longer than load balancers keep theirs, so that these close first. */
const keepAliveTimeout = 65_000;

/**
 * Makes the runtime and the service over it, and resolves once requests are answered. Consumers subscribe in `make`. Errors: what keeps
 * it from starting, said plainly; nothing is left open then.
 */
export async function serve(
  config: Config,
  name: string,
  make: (runtime: Runtime) => Service,
  overrides: RuntimeOverrides = {},
): Promise<Program> {
  const runtime = await createRuntime(config, name, overrides);
  try {
    const service = make(runtime);
    const server = createServer({ keepAliveTimeout }, (req, res) => service.handler(req, res));
    service.attach?.(server);
    // Before listening: what an earlier process accepted is told before anything new.
    await runtime.start();
    service.start?.();
    return {
      url: await listen(server, config),
      runtime,
      async close() {
        runtime.readiness.drain();
        await closeServer(server, config, () => service.drain());
        await runtime.close();
      },
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
