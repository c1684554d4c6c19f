import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { memoryStorage, ParleyError, type TokenStorage } from '../src/index.ts';
import { Refused } from './support/accounts.ts';
import {
  failure,
  holdRefresh,
  makeClient,
  online,
  phone,
  sessionChange,
  signedIn,
  startServer,
} from './support/client.ts';
import type { FakeServer } from './support/server.ts';

/** Makes what is stored look as if it had been received so many seconds ago. */
async function age(storage: TokenStorage, url: string, seconds: number): Promise<void> {
  const key = `parley:${url}/`;
  const stored = JSON.parse((await storage.get(key)) ?? '');
  await storage.set(key, JSON.stringify({ ...stored, received_at: stored.received_at - seconds * 1000 }));
}

/** A storage that tells all its users of every change, as tabs are told. */
function watchedStorage(): TokenStorage {
  const inner = memoryStorage();
  const watchers = new Set<() => void>();
  return {
    get: inner.get,
    remove: inner.remove,
    set(key, value) {
      inner.set(key, value);
      for (const changed of watchers) changed();
    },
    watch(_, changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
}

describe('signing in', () => {
  test('asks for the code, starts a session and tells of it', async () => {
    const server = await startServer();
    const client = makeClient({ url: server.url, device: { name: 'Test', platform: 'desktop' } });
    const devices: unknown[] = [];
    server.overrides['auth.verifyOtp'] = (input) => {
      devices.push((input as { device: unknown }).device);
      const { userId, pair } = server.accounts.signIn(phone);
      return { ...pair, user: { id: userId, phone, display_name: '', is_new_user: true } };
    };
    await client.ready;
    expect(client.session).toBeNull();

    const change = sessionChange(client);
    const user = await client.signIn({ phone, requestCode: ({ otp_dev }) => otp_dev ?? '' });

    expect(user.phone).toBe(phone);
    expect(await change).toBe(user.id);
    expect(client.session).toBe(user.id);
    expect(devices).toEqual([{ name: 'Test', platform: 'desktop' }]);
    expect(await client.users.me()).toMatchObject({ id: user.id, phone });
  });

  test('with a wrong code rejects and leaves nobody signed in', async () => {
    const server = await startServer();
    const client = makeClient({ url: server.url });
    const error = await failure(client.signIn({ phone, requestCode: () => '999999' }));
    expect(error).toMatchObject({ code: 'OTP_INVALID', retriable: false });
    expect(client.session).toBeNull();
  });

  test('passes on what requestCode throws', async () => {
    const server = await startServer();
    const client = makeClient({ url: server.url });
    const given = new Error('the person closed the window');
    const requestCode = () => {
      throw given;
    };
    expect(await failure(client.signIn({ phone, requestCode }))).toBe(given);
  });

  test('is needed for calls: without a session they are refused without asking the server', async () => {
    const server = await startServer();
    const client = makeClient({ url: server.url });
    server.intercept = () => {
      throw new Error('a request was sent');
    };
    expect(await failure(client.users.me())).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await failure(client.realtime.connect())).toMatchObject({ code: 'UNAUTHORIZED' });
  });
});

describe('a stored session', () => {
  test('is there again for the next client', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const first = await signedIn(server, { storage });
    const next = makeClient({ url: server.url, storage });
    const change = sessionChange(next);
    await next.ready;
    expect(next.session).toBe(first.session);
    expect(await change).toBe(first.session);
    expect(await next.users.me()).toMatchObject({ phone });
  });

  test('that cannot be read is no session', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    await storage.set(`parley:${server.url}/`, '{"user_id":1}');
    const client = makeClient({ url: server.url, storage });
    await client.ready;
    expect(client.session).toBeNull();
  });

  test('is kept in memory where the storage fails', async () => {
    const server = await startServer();
    const broken: TokenStorage = {
      get: () => Promise.reject(new Error('no storage')),
      set: () => Promise.reject(new Error('no storage')),
      remove: () => Promise.reject(new Error('no storage')),
    };
    const client = await signedIn(server, { storage: broken });
    server.accounts.expireAll();
    expect(await client.users.me()).toMatchObject({ phone });
    expect(server.accounts.refreshes).toBe(1);
  });
});

describe('refreshing', () => {
  test('happens once for a hundred calls whose token the server calls expired', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.accounts.expireAll();
    const profiles = await Promise.all(Array.from({ length: 100 }, () => client.users.me()));
    expect(profiles).toHaveLength(100);
    expect(server.accounts.refreshes).toBe(1);
  });

  test('happens once for a hundred calls whose token this device knows to be expired', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    await signedIn(server, { storage });
    await age(storage, server.url, 1000);
    const client = makeClient({ url: server.url, storage });
    const refused: unknown[] = [];
    server.intercept = (request) => {
      if (request.headers.authorization && server.accounts.refreshes === 0) refused.push(request.url);
      return false;
    };
    await Promise.all(Array.from({ length: 100 }, () => client.users.me()));
    expect(server.accounts.refreshes).toBe(1);
    expect(refused).toEqual([]);
  });

  test('begins before the token ends, and no call waits for it', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    await signedIn(server, { storage });
    await age(storage, server.url, 850);
    const client = makeClient({ url: server.url, storage });
    const { begun, release } = holdRefresh(server);
    expect(await client.users.me()).toMatchObject({ phone });
    await begun;
    release();
    await client.auth.refresh();
    expect(server.accounts.refreshes).toBe(1);
  });

  test('does not believe a clock that went back', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    await signedIn(server, { storage });
    await age(storage, server.url, -3600);
    const client = makeClient({ url: server.url, storage });
    await client.users.me();
    expect(server.accounts.refreshes).toBe(1);
  });

  test('refused with a 401 ends the session', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const client = await signedIn(server, { storage });
    server.accounts.revoke(client.session ?? '');
    const change = sessionChange(client);
    const errors = await Promise.all(Array.from({ length: 5 }, () => failure(client.users.me())));
    expect(errors.map((error) => (error as ParleyError).code)).toEqual(Array(5).fill('UNAUTHORIZED'));
    expect(await change).toBeNull();
    expect(client.session).toBeNull();
    expect(await storage.get(`parley:${server.url}/`)).toBeNull();
  });

  test('that the network prevents keeps the tokens', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const client = await signedIn(server, { storage });
    const userId = client.session;
    const stored = await storage.get(`parley:${server.url}/`);
    server.accounts.expireAll();
    server.intercept = (request) => {
      if (!request.url?.includes('auth.refresh')) return false;
      request.socket.destroy();
      return true;
    };
    expect(await failure(client.users.me())).toMatchObject({ code: 'NETWORK_ERROR', retriable: true });
    expect(client.session).toBe(userId);
    expect(await storage.get(`parley:${server.url}/`)).toBe(stored);
    server.intercept = () => false;
    expect(await client.users.me()).toMatchObject({ id: userId });
  });

  test('that the server cannot do now (503) keeps the tokens', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.accounts.expireAll();
    server.overrides['auth.refresh'] = () => {
      throw new Refused('SERVICE_UNAVAILABLE');
    };
    expect(await failure(client.users.me())).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retriable: true });
    expect(client.session).not.toBeNull();
  });

  test("refused by a proxy's 401 page keeps the tokens", async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.accounts.expireAll();
    server.intercept = (request, response) => {
      if (!request.url?.includes('auth.refresh')) return false;
      response.writeHead(401, { 'content-type': 'text/html' }).end('<h1>Log in to the hotel</h1>');
      return true;
    };
    expect(await failure(client.users.me())).toMatchObject({ code: 'NETWORK_ERROR' });
    expect(client.session).not.toBeNull();
  });

  test('asks again at once when the answer was lost, while the old token still serves', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.accounts.expireAll();
    let lost = 0;
    server.overrides['auth.refresh'] = (input) => {
      const pair = server.accounts.rotate((input as { refresh_token: string }).refresh_token);
      if (lost++ === 0) throw new Error('never sent');
      return pair;
    };
    server.intercept = (request, response) => {
      // The answer of the first refresh is cut off after the server has rotated.
      if (request.url?.includes('auth.refresh') && lost === 0) response.end = () => response.destroy();
      return false;
    };
    expect(await client.users.me()).toMatchObject({ phone });
    expect(server.accounts.refreshes).toBe(2);
  });

  test('under way when the client is closed is stored for the next', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const client = await signedIn(server, { storage });
    server.accounts.expireAll();
    const { begun, release } = holdRefresh(server);
    const call = failure(client.users.me());
    await begun;
    const closed = client.close();
    expect(await call).toMatchObject({ code: 'ABORTED' });
    release();
    await closed;
    server.accounts.endGrace();
    expect(await makeClient({ url: server.url, storage }).auth.refresh()).toHaveProperty('access_token');
  });

  test('of one user does not keep the next waiting', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.accounts.expireAll();
    const { begun, release } = holdRefresh(server);
    const call = failure(client.users.me());
    await begun;
    const user = await client.signIn({ phone: '+4917000', requestCode: () => '042137' });
    server.accounts.expireAll();
    delete server.overrides['auth.refresh'];
    expect(await client.users.me()).toMatchObject({ id: user.id });
    release();
    expect(await call).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(client.session).toBe(user.id);
  });

  test('by hand answers the pair; with a token from elsewhere begins that session', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const pair = await client.auth.refresh();
    expect(pair.expires_in).toBe(900);
    const other = makeClient({ url: server.url });
    await other.auth.refresh({ refresh_token: pair.refresh_token });
    expect(other.session).toBe(client.session);
  });
});

describe('a clock', () => {
  const hour = 3600 * 1000;

  /** Moves this device's clock; the server's counts its own time. */
  function moveClock(server: FakeServer, by: number): void {
    const real = Date.now;
    server.accounts.now = real;
    vi.spyOn(Date, 'now').mockImplementation(() => real() + by);
    onTestFinished(() => void vi.restoreAllMocks());
  }

  test.each([-12, -0.001, 12, 24 * 365])('%d hours off costs nothing', async (hours) => {
    const server = await startServer();
    moveClock(server, hours * hour);
    const client = await signedIn(server);
    for (let call = 0; call < 5; call++) await client.users.me();
    expect(server.accounts.refreshes).toBe(0);
    server.accounts.expireAll();
    await Promise.all([client.users.me(), client.users.me()]);
    expect(server.accounts.refreshes).toBe(1);
  });

  test.each([-12, -0.001, 12, 24 * 365])('moved by %d hours meanwhile costs one refresh', async (hours) => {
    const server = await startServer();
    const client = await online(server);
    moveClock(server, hours * hour);
    const profiles = await Promise.all(Array.from({ length: 10 }, () => client.users.me()));
    expect(profiles).toHaveLength(10);
    for (let call = 0; call < 5; call++) await client.users.me();
    expect(server.accounts.refreshes).toBe(1);
    expect(client.session).not.toBeNull();
    expect(client.realtime.status).toBe('online');
  });

  test('moved there and back while a call is under way repeats the call once, with a token that is good', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const tokens: unknown[] = [];
    const real = Date.now;
    server.accounts.now = real;
    const clock = vi.spyOn(Date, 'now');
    onTestFinished(() => void vi.restoreAllMocks());
    server.overrides['users.updateMe'] = (_, { token }) => {
      tokens.push(token);
      if (tokens.length > 1) return { id: server.accounts.check(token).userId };
      clock.mockImplementation(() => real() - 6 * hour);
      throw new Refused('TOKEN_EXPIRED');
    };
    await client.users.updateMe({ display_name: 'Mina' });
    clock.mockImplementation(() => real() + 6 * hour);
    await client.users.me();
    expect(tokens).toHaveLength(2);
    expect(tokens[0]).not.toBe(tokens[1]);
    expect(server.accounts.refreshes).toBe(2);
    expect(client.session).not.toBeNull();
  });
});

describe('two clients on one storage', () => {
  test('take over what the other has refreshed, so that no used token is sent', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const first = await signedIn(server, { storage });
    const second = makeClient({ url: server.url, storage });
    await second.ready;
    server.accounts.expireAll();
    await first.users.me();
    server.accounts.endGrace();
    expect(await second.users.me()).toMatchObject({ phone });
    expect(server.accounts.refreshes).toBe(1);
    expect(second.session).toBe(first.session);
  });

  test('go on with what the other stored while this one refreshed', async () => {
    const server = await startServer();
    const storage = watchedStorage();
    const first = await signedIn(server, { storage });
    const second = makeClient({ url: server.url, storage });
    await second.ready;
    server.accounts.expireAll();
    // The answer for the second comes when the first has long stored its own.
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    server.overrides['auth.refresh'] = async (input) => {
      const pair = server.accounts.rotate((input as { refresh_token: string }).refresh_token);
      if (server.accounts.refreshes === 1) {
        begun.resolve();
        await held.promise;
      }
      return pair;
    };
    const call = second.users.me();
    await begun.promise;
    await first.users.me();
    const stored = await storage.get(`parley:${server.url}/`);
    held.resolve();
    expect(await call).toMatchObject({ phone });
    expect(await storage.get(`parley:${server.url}/`)).toBe(stored);
  });

  test('end together when one signs out', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const first = await signedIn(server, { storage });
    const second = makeClient({ url: server.url, storage });
    await second.ready;
    expect(await first.signOut()).toEqual({ revoked: true });
    expect(await failure(second.users.me())).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(second.session).toBeNull();
  });

  test('never send the call of one user with the token of another', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const first = await signedIn(server, { storage });
    const second = makeClient({ url: server.url, storage });
    await second.ready;
    server.accounts.expireAll();
    await second.signIn({ phone: '+4917000', requestCode: () => '042137' });
    expect(await failure(first.users.me())).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(first.session).toBe(second.session);
  });
});

describe('signing in as another', () => {
  test('does not repeat a call of the one before', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    let calls = 0;
    server.overrides['users.updateMe'] = async () => {
      calls++;
      begun.resolve();
      await held.promise;
      throw new Refused('TOKEN_INVALID');
    };
    const call = failure(client.users.updateMe({ display_name: 'Mina' }));
    await begun.promise;
    await client.signIn({ phone: '+4917000', requestCode: () => '042137' });
    held.resolve();
    expect(await call).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(calls).toBe(1);
  });
});

describe('signing out', () => {
  test('tells the server and forgets the tokens', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const client = await signedIn(server, { storage });
    const change = sessionChange(client);
    expect(await client.signOut()).toEqual({ revoked: true });
    expect(await change).toBeNull();
    expect(await storage.get(`parley:${server.url}/`)).toBeNull();
    expect(await client.signOut()).toEqual({ revoked: true });
  });

  test('without a network signs out here and says so', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.intercept = (request) => Boolean(request.socket.destroy());
    expect(await client.signOut()).toEqual({ revoked: false });
    expect(client.session).toBeNull();
  });

  test('of all devices without a network rejects and stays signed in', async () => {
    const server = await startServer();
    const client = await signedIn(server);
    server.intercept = (request) => Boolean(request.socket.destroy());
    expect(await failure(client.signOut({ allDevices: true }))).toBeInstanceOf(ParleyError);
    expect(client.session).not.toBeNull();
  });

  test('while a refresh is under way keeps nothing of its answer', async () => {
    const server = await startServer();
    const storage = memoryStorage();
    const client = await signedIn(server, { storage });
    server.accounts.expireAll();
    const { begun, release } = holdRefresh(server);
    const call = failure(client.users.me());
    await begun;
    await storage.remove(`parley:${server.url}/`);
    const user = await client.signIn({ phone: '+4917000', requestCode: () => '042137' });
    release();
    expect(await call).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(client.session).toBe(user.id);
    expect(await client.users.me()).toMatchObject({ id: user.id });
  });
});
