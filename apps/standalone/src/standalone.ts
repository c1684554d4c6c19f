/** api, realtime and workers in one process on one port: what `npm start` runs. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApi } from '@parley/api';
import type { Config } from '@parley/platform';
import { createRealtime } from '@parley/realtime';
import { createRuntime, type Runtime, type RuntimeOverrides } from '@parley/runtime';
import { createWorkers } from '@parley/workers';

export interface Standalone {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly runtime: Runtime;
  /** Stops in order: no new work, then sockets, then what was accepted, then the stores. */
  close(): Promise<void>;
}

/** Starts everything and resolves once requests are answered. Errors: what keeps it from starting, said plainly. */
export async function createStandalone(
  config: Config,
  overrides: RuntimeOverrides = {},
): Promise<Standalone> {
  const runtime = await createRuntime(config, 'standalone', overrides);
  try {
    const api = createApi(runtime);
    const realtime = createRealtime(runtime);
    const workers = createWorkers(runtime);
    const server = createServer({ keepAliveTimeout: 65_000 }, api.handler);
    realtime.attach(server);
    // Before listening: what an earlier process accepted is told before anything new.
    await workers.start();
    await listen(server, config);
    const { port } = server.address() as AddressInfo;
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    return {
      url: `http://${host}:${port}`,
      runtime,
      async close() {
        runtime.readiness.drain();
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        // A client that trickles its request must not keep the stores from stopping in order.
        const late = setTimeout(() => server.closeAllConnections(), config.shutdownSeconds * 500);
        await Promise.all([realtime.drain(), api.drain()]);
        server.closeIdleConnections();
        const idle = setTimeout(() => server.closeAllConnections(), 1_000);
        await closed;
        clearTimeout(idle);
        clearTimeout(late);
        await runtime.close();
      },
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${config.port} is taken: set PORT to another one, or to 0 for any`)
          : error,
      );
    });
    server.listen(config.port, config.host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
