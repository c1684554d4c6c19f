import type { AddressInfo } from 'node:net';
import express from 'express';

/** What the benchmark sends: the route and the body to answer it with. */
export interface BareRoute {
  path: string;
  body: string;
}

/**
 * The yardstick of the REST row: one route of Express as it comes, which looks nothing up and checks nobody, and
 * answers with the bytes that the measured server gave. It runs as a process of its own, under the same Node.
 */
process.once('message', ({ path, body }: BareRoute) => {
  const app = express();
  app.get(path, (_request, response) => {
    response.type('json').send(body);
  });
  const server = app.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});
