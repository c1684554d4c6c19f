/** HTTP servers of the programs: listening, and closing without cutting anybody off. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '@parley/platform';

/** Listens as configured; resolves with the address, like `http://127.0.0.1:8080`. Errors: the port is taken. */
export async function listen(server: Server, config: Pick<Config, 'host' | 'port'>): Promise<string> {
  await new Promise<void>((resolve, reject) => {
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
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return `http://${host}:${port}`;
}

/** Stops listening, waits for `drained` (what was accepted is answered), then lets the connections go, in bounded time. */
export async function closeServer(
  server: Server,
  config: Pick<Config, 'shutdownSeconds'>,
  drained: () => Promise<unknown>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A client that trickles its request must not keep the stores from stopping in order.
  const late = setTimeout(() => server.closeAllConnections(), config.shutdownSeconds * 500);
  await drained();
  server.closeIdleConnections();
  const idle = setTimeout(() => server.closeAllConnections(), 1_000);
  await closed;
  clearTimeout(idle);
  clearTimeout(late);
}
