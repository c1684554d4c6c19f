// What holds whatever carries the connection: the same tests over both transports.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { RealtimeStatus } from '../src/index.ts';
import { Refused } from './support/accounts.ts';
import { carriedBy, carriers } from './support/carriers.ts';
import { failure, sessionChange, status } from './support/client.ts';
import type { FakeServer } from './support/server.ts';

function events(server: FakeServer, event: string): unknown[] {
  return server.heard.filter((heard) => heard.event === event).map(({ data }) => data);
}

describe.each(carriers)('over %s', (transport) => {
  const { startServer, makeClient, signedIn, online } = carriedBy(transport);

  describe('connecting', () => {
    test('goes from idle through connecting to online, and back', async () => {
      const server = await startServer();
      const client = await signedIn(server);
      const seen: RealtimeStatus[] = [client.realtime.status];
      client.realtime.onStatus((now) => seen.push(now));
      await client.realtime.connect();
      await client.realtime.connect();
      expect(server.sockets).toHaveLength(1);
      client.realtime.disconnect();
      expect(seen).toEqual(['idle', 'connecting', 'online', 'idle']);
    });

    test('may be asked for before the session is restored', async () => {
      const server = await startServer();
      const values = new Map<string, string>();
      const storage = {
        get: async (key: string) => values.get(key) ?? null,
        set: async (key: string, value: string) => void values.set(key, value),
        remove: async (key: string) => void values.delete(key),
      };
      await signedIn(server, { storage });
      const client = makeClient(server, { storage });
      const seen = client.realtime.delivered([randomUUID()]);
      await client.realtime.connect();
      await seen;
      expect(events(server, 'message.delivered')).toHaveLength(1);
    });

    test('goes on by itself when the server is away', async () => {
      const server = await startServer();
      const client = await signedIn(server);
      await server.stop();
      const connecting = client.realtime.connect();
      await status(client, 'offline');
      await status(client, 'connecting');
      await status(client, 'offline');
      await server.listen();
      await connecting;
      expect(client.realtime.status).toBe('online');
    });

    test('ends with ABORTED by disconnect, close or signal', async () => {
      const server = await startServer();
      const client = await signedIn(server);
      server.refuseConnect = () => new Refused('SERVICE_UNAVAILABLE');
      const controller = new AbortController();
      const waiting = [failure(client.realtime.connect()), failure(client.realtime.connect(controller))];
      await status(client, 'offline');
      controller.abort();
      expect(await waiting[1]).toMatchObject({ code: 'ABORTED' });
      client.realtime.disconnect();
      expect(await waiting[0]).toMatchObject({ code: 'ABORTED' });
      expect(client.realtime.status).toBe('idle');
    });
  });

  describe('events', () => {
    test('reach listeners over all connections, until they are taken away', async () => {
      const server = await startServer();
      const client = await online(server);
      const seen: unknown[] = [];
      const forget = client.realtime.on('typing', (data) => seen.push(data));
      const next = () =>
        new Promise<void>((resolve) => {
          const end = client.realtime.on('pong', () => {
            end();
            resolve();
          });
        });
      const typing = { chat_id: randomUUID(), user_id: randomUUID(), is_typing: true };
      server.broadcast('typing', typing);
      let passed = next();
      server.broadcast('pong', {});
      await passed;
      server.sockets[0]?.conn.close();
      await status(client, 'offline');
      await status(client, 'online');
      server.broadcast('typing', typing);
      forget();
      server.broadcast('typing', typing);
      passed = next();
      server.broadcast('pong', {});
      await passed;
      expect(seen).toEqual([typing]);
    });

    test('a listener that throws does not keep others from hearing', async () => {
      const server = await startServer();
      const client = await online(server);
      const bug = new Error("the listener's own bug");
      const surfaced = once(process, 'uncaughtException');
      const others = process.listeners('uncaughtException').slice(0, -1);
      for (const other of others) process.off('uncaughtException', other);
      client.realtime.on('pong', () => {
        throw bug;
      });
      const heard = new Promise((resolve) => client.realtime.on('pong', resolve));
      server.broadcast('pong', {});
      await heard;
      expect(await surfaced).toEqual([bug, 'uncaughtException']);
      for (const other of others) process.on('uncaughtException', other);
    });
  });

  describe('a token', () => {
    test('is renewed on a live connection before it ends', async () => {
      const server = await startServer();
      server.accounts.accessSeconds = 1;
      const client = await online(server);
      const [socket] = server.sockets;
      const { data } = await server.hears('auth');
      expect((data as { token: string }).token).not.toBe(socket?.handshake.auth.token);
      expect(server.accounts.refreshes).toBe(1);
      expect(server.sockets).toEqual([socket]);
      expect(client.realtime.status).toBe('online');
    });

    test('that a call has refreshed is presented on the live connection', async () => {
      const server = await startServer();
      const client = await online(server);
      const pair = await client.auth.refresh();
      expect(await server.hears('auth')).toMatchObject({ data: { token: pair.access_token } });
    });

    test('refused at the door is refreshed, and the connection made at once', async () => {
      const server = await startServer();
      const client = await signedIn(server, {}, { backoffMs: 60_000, backoffMaxMs: 60_000 });
      server.accounts.expireAll();
      await client.realtime.connect();
      expect(server.accounts.refreshes).toBe(1);
    });

    test('refused at the door whose session is over ends the session', async () => {
      const server = await startServer();
      const client = await signedIn(server);
      server.accounts.revoke(client.session ?? '');
      const change = sessionChange(client);
      expect(await failure(client.realtime.connect())).toMatchObject({ code: 'UNAUTHORIZED' });
      expect(await change).toBeNull();
      expect(client.realtime.status).toBe('idle');
    });

    test('that ran out on a live connection is refreshed, and the connection made again', async () => {
      const server = await startServer();
      const client = await online(server, {}, { backoffMs: 60_000, backoffMaxMs: 60_000 });
      server.accounts.expireAll();
      const [socket] = server.sockets;
      if (socket) server.kick(socket, new Refused('TOKEN_EXPIRED'));
      await status(client, 'offline');
      await status(client, 'online');
      expect(server.accounts.refreshes).toBe(1);
    });

    test('revoked elsewhere ends the session with the connection', async () => {
      const server = await startServer();
      const client = await online(server);
      const change = sessionChange(client);
      server.accounts.revoke(client.session ?? '');
      for (const socket of server.sockets) server.kick(socket, new Refused('TOKEN_INVALID'));
      expect(await change).toBeNull();
      expect(client.realtime.status).toBe('idle');
    });

    test('refused although it is fresh is not refreshed in a circle', async () => {
      const server = await startServer();
      const client = await signedIn(server);
      let refused = 0;
      let refreshes = 0;
      server.refuseConnect = () => {
        if (refused++ < 4) return new Refused('TOKEN_INVALID');
        refreshes = server.accounts.refreshes;
        return undefined;
      };
      await client.realtime.connect();
      // One refresh, then a wait, for every two refusals.
      expect(refreshes).toBe(2);
      expect(client.session).not.toBeNull();
    });

    test('that cannot be refreshed because of the network keeps the client trying', async () => {
      const server = await startServer();
      const client = await online(server);
      server.accounts.expireAll();
      server.overrides['auth.refresh'] = () => {
        throw new Refused('SERVICE_UNAVAILABLE');
      };
      for (const socket of server.sockets) server.kick(socket, new Refused('TOKEN_EXPIRED'));
      await status(client, 'offline');
      await status(client, 'connecting');
      await status(client, 'offline');
      delete server.overrides['auth.refresh'];
      await status(client, 'online');
      expect(client.session).not.toBeNull();
    });
  });

  describe('after a lost connection', () => {
    test('presence is subscribed to again, without those who were unsubscribed', async () => {
      const server = await startServer();
      const client = await online(server);
      const [a, b] = [randomUUID(), randomUUID()];
      await client.realtime.subscribePresence([a, b]);
      await client.realtime.unsubscribePresence([b]);
      server.heard.length = 0;
      server.sockets[0]?.conn.close();
      expect(await server.hears('presence.subscribe')).toMatchObject({ data: { user_ids: [a] } });
    });

    test('a subscription of more than 200 users is told in parts', async () => {
      const server = await startServer();
      const client = await online(server);
      await client.realtime.subscribePresence(Array.from({ length: 450 }, () => randomUUID()));
      const sizes = events(server, 'presence.subscribe').map(
        (data) => (data as { user_ids: [] }).user_ids.length,
      );
      expect(sizes).toEqual([200, 200, 50]);
    });

    test('a subscription that the server refuses is not asked for again', async () => {
      const server = await startServer();
      const client = await online(server);
      const good = randomUUID();
      const refused = failure(client.realtime.subscribePresence(['not a uuid']));
      expect(await refused).toMatchObject({ code: 'VALIDATION_ERROR' });
      await client.realtime.subscribePresence([good]);
      server.heard.length = 0;
      server.sockets[0]?.conn.close();
      expect(await server.hears('presence.subscribe')).toMatchObject({ data: { user_ids: [good] } });
    });

    test('the client signs in to the next user by itself', async () => {
      const server = await startServer();
      const client = await online(server);
      const first = server.sockets[0]?.handshake.auth.token;
      await client.signIn({ phone: '+4917000', requestCode: () => '042137' });
      await status(client, 'online');
      const tokens = server.sockets.map((socket) => socket.handshake.auth.token);
      expect(tokens.filter((token) => token !== first)).toHaveLength(1);
    });
  });

  describe('receipts', () => {
    test('of several reads that wait only the furthest is sent', async () => {
      const server = await startServer();
      const client = await signedIn(server);
      const chat = randomUUID();
      const ids = [3, 9, 5].map((n) => `0198c6f4-02b${n}-7e63-8d1c-90a4e7c55f31`);
      const reads = ids.map((id) => client.realtime.read(chat, id));
      await client.realtime.connect();
      expect(await Promise.all(reads)).toEqual(Array(3).fill({ unread_count: 0 }));
      expect(events(server, 'message.read').at(-1)).toEqual({ chat_id: chat, up_to_message_id: ids[1] });
      expect(events(server, 'message.read').length).toBeLessThanOrEqual(2);
    });

    test('of delivery are told in parts of 100', async () => {
      const server = await startServer();
      const client = await online(server);
      await client.realtime.delivered(Array.from({ length: 250 }, () => randomUUID()));
      const sizes = events(server, 'message.delivered').map(
        (data) => (data as { message_ids: [] }).message_ids.length,
      );
      expect(sizes).toEqual([100, 100, 50]);
    });

    test('that wait when the session ends are rejected', async () => {
      const server = await startServer();
      const client = await signedIn(server);
      const waiting = [
        client.realtime.read(randomUUID(), randomUUID()),
        client.realtime.delivered([randomUUID()]),
        client.realtime.delivered([randomUUID()]),
        client.realtime.subscribePresence([randomUUID()]),
      ].map(failure);
      await client.signOut();
      for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'UNAUTHORIZED' });
    });
  });

  describe('signs of life', () => {
    test('are sent while online', async () => {
      const server = await startServer();
      await online(server, {}, { pingMs: 5 });
      expect(await server.hears('ping')).toMatchObject({ data: {} });
    });

    test('typing is told once for many keys, and when it stops', async () => {
      const server = await startServer();
      const client = await online(server);
      const chat_id = randomUUID();
      for (let key = 0; key < 5; key++) client.realtime.typing(chat_id, true);
      client.realtime.typing(chat_id, false);
      client.realtime.typing(chat_id, false);
      await server.hears('typing.stop');
      await client.realtime.read(chat_id, randomUUID());
      expect(events(server, 'typing.start')).toEqual([{ chat_id }]);
      expect(events(server, 'typing.stop')).toEqual([{ chat_id }]);
    });
  });
});
