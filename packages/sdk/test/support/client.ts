import { onTestFinished } from 'vitest';
import { type ClientOptions, ParleyClient } from '../../src/client.ts';
import type { RealtimeStatus } from '../../src/index.ts';
import { defaultTiming, type Timing } from '../../src/timing.ts';
import { FakeServer } from './server.ts';

/** Waits short enough for tests, long enough not to be missed by a slow machine. */
const quick: Timing = {
  ...defaultTiming,
  refreshPauseMs: 2,
  backoffMs: 2,
  backoffMaxMs: 20,
};

export const phone = '+491511234567';

/** A fake server that ends with the test. */
export async function startServer(): Promise<FakeServer> {
  const server = await FakeServer.start();
  onTestFinished(() => server.stop());
  return server;
}

/** A client that ends with the test. */
export function makeClient(options: ClientOptions, timing: Partial<Timing> = {}): ParleyClient {
  const client = new ParleyClient(options, { ...quick, ...timing });
  onTestFinished(() => client.close());
  return client;
}

/** A client with a session. */
export async function signedIn(
  server: FakeServer,
  options: Partial<ClientOptions> = {},
  timing: Partial<Timing> = {},
): Promise<ParleyClient> {
  const client = makeClient({ url: server.url, ...options }, timing);
  await client.signIn({ phone, requestCode: ({ otp_dev }) => otp_dev ?? '' });
  return client;
}

/** A client with a session and a live connection. */
export async function online(
  server: FakeServer,
  options: Partial<ClientOptions> = {},
  timing: Partial<Timing> = {},
): Promise<ParleyClient> {
  const client = await signedIn(server, options, timing);
  await client.realtime.connect();
  return client;
}

/** Resolves when the connection has this status, or will have next. */
export function status(client: ParleyClient, wanted: RealtimeStatus): Promise<void> {
  if (client.realtime.status === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const forget = client.realtime.onStatus((now) => {
      if (now !== wanted) return;
      forget();
      resolve();
    });
  });
}

/** Resolves with the next change of the session. */
export function sessionChange(client: ParleyClient): Promise<string | null> {
  return new Promise((resolve) => {
    const forget = client.onSession((userId) => {
      forget();
      resolve(userId);
    });
  });
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('The promise did not reject');
}

/** Makes the server keep its answer to a refresh back: `begun` resolves when it was asked, `release` lets it answer. */
export function holdRefresh(server: FakeServer): { begun: Promise<void>; release: () => void } {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  server.overrides['auth.refresh'] = async (input) => {
    begun.resolve();
    await held.promise;
    return server.accounts.rotate((input as { refresh_token: string }).refresh_token);
  };
  return { begun: begun.promise, release: held.resolve };
}
