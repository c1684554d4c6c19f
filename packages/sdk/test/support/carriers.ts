/** Clients on either transport: tests that are to hold for both take their clients from here. */
import { onTestFinished } from 'vitest';
import type { ClientOptions, ParleyClient } from '../../src/client.ts';
import type { TransportName } from '../../src/index.ts';
import type { Timing } from '../../src/timing.ts';
import * as plain from './client.ts';
import { frontOf } from './raw-front.ts';
import type { FakeServer } from './server.ts';

export const carriers = ['socket.io', 'websocket'] as const satisfies readonly TransportName[];

type Options = Partial<ClientOptions>;

/** The helpers of `client.ts`, for clients on this transport. */
export function carriedBy(transport: TransportName) {
  const urls = new WeakMap<FakeServer, string>();
  const optionsOf = (server: FakeServer, options: Options): ClientOptions => ({
    url: urls.get(server) ?? server.url,
    transport,
    ...options,
  });
  const signedIn = (server: FakeServer, options: Options = {}, timing: Partial<Timing> = {}) =>
    plain.signedIn(server, optionsOf(server, options), timing);
  return {
    async startServer(): Promise<FakeServer> {
      const server = await plain.startServer();
      if (transport === 'websocket') {
        const front = await frontOf(server);
        onTestFinished(() => front.close());
        urls.set(server, front.url);
      }
      return server;
    },
    makeClient: (server: FakeServer, options: Options = {}, timing: Partial<Timing> = {}) =>
      plain.makeClient(optionsOf(server, options), timing),
    signedIn,
    async online(
      server: FakeServer,
      options: Options = {},
      timing: Partial<Timing> = {},
    ): Promise<ParleyClient> {
      const client = await signedIn(server, options, timing);
      await client.realtime.connect();
      return client;
    },
  };
}
