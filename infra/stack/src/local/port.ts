/** Free TCP ports on 127.0.0.1. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Linux takes the ports of outgoing connections from 32768 up: below that nothing takes a port by chance while a server is
 * stopped for a moment.
 */
const lowest = 15_000;
const highest = 32_000;
const attempts = 50;

/** A port that is free now. Somebody else may take it a moment later. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free TCP port was found between ${lowest} and ${highest}`);
}

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
