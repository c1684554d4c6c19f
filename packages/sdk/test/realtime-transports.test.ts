// What each transport does in its own way; what both do alike is in realtime.test.ts.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeCodes } from '@parley/contract';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket as PlainWebSocket } from 'ws';
import { type ClientOptions, createClient, type WebSocketClass } from '../src/index.ts';
import type { Timing } from '../src/timing.ts';
import { carriedBy, carriers } from './support/carriers.ts';
import { failure, signedIn, startServer, status } from './support/client.ts';
import { type Front, frontOf } from './support/raw-front.ts';
import type { FakeServer } from './support/server.ts';

/** A class that keeps the addresses that it was given. */
function counted(): { urls: string[]; WebSocket: WebSocketClass } {
  const urls: string[] = [];
  class Counted extends PlainWebSocket {
    constructor(url: string) {
      super(url);
      urls.push(url);
    }
  }
  return { urls, WebSocket: Counted as unknown as WebSocketClass };
}

const text = (body: string) => ({ chat_id: randomUUID(), type: 'text', payload: { body } }) as const;

describe('Socket.IO', () => {
  test('uses the given WebSocket, and is what is taken without a choice', async () => {
    const server = await startServer();
    const { urls, WebSocket } = counted();
    const client = await signedIn(server, { WebSocket });
    await client.realtime.connect();
    expect(urls).toEqual([expect.stringContaining('/socket.io/?EIO=4&transport=websocket')]);
  });

  test('falls back to long polling where no WebSocket passes', async () => {
    const server = await startServer();
    server.refuseUpgrades = true;
    const client = await signedIn(server, { transport: 'socket.io' });
    await client.realtime.connect();
    expect(server.sockets[0]?.conn.transport.name).toBe('polling');
    await client.realtime.send(text('by polling'));
    expect(server.stored).toHaveLength(1);
  });
});

describe('a raw WebSocket', () => {
  async function raw(
    options: Partial<ClientOptions> = {},
    timing: Partial<Timing> = {},
  ): Promise<{ server: FakeServer; front: Front; client: Awaited<ReturnType<typeof signedIn>> }> {
    const server = await startServer();
    const front = await frontOf(server);
    onTestFinished(() => front.close());
    const url = front.url;
    const client = await signedIn(server, { url, transport: 'websocket', ...options }, timing);
    return { server, front, client };
  }

  function only(front: Front): PlainWebSocket {
    const [socket, ...others] = front.sockets;
    if (!socket || others.length > 0) throw new Error(`There are ${front.sockets.size} connections`);
    return socket;
  }

  test('goes to /ws below the address, and has no token in its own', async () => {
    const { urls, WebSocket } = counted();
    const { front, client } = await raw({ WebSocket });
    await client.realtime.connect();
    expect(urls).toEqual([`${front.url.replace('http', 'ws')}/ws`]);
    const proxied = createClient({ url: 'https://example.org/parley/', transport: 'websocket', WebSocket });
    onTestFinished(() => proxied.close());
    expect(urls).toHaveLength(1);
  });

  test('that is not there is said at once, with what can be done', () => {
    vi.stubGlobal('WebSocket', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const url = 'http://127.0.0.1:1';
    expect(() => createClient({ url, transport: 'websocket' })).toThrow(/option `WebSocket`.*'socket.io'/);
    expect(() => createClient({ url, transport: 'websocket', WebSocket: counted().WebSocket })).not.toThrow();
    expect(() => createClient({ url })).not.toThrow();
  });

  test('no other transport can be chosen', () => {
    const options = { url: 'http://127.0.0.1:1', transport: 'pigeon' } as unknown as ClientOptions;
    expect(() => createClient(options)).toThrow("no transport 'pigeon'");
  });

  test.each([
    closeCodes.tooBig,
    closeCodes.internal,
    closeCodes.restart,
    closeCodes.slowReader,
    closeCodes.idle,
  ])('closed with %i is made again, and nothing is refreshed', async (code) => {
    const { server, front, client } = await raw();
    await client.realtime.connect();
    only(front).close(code);
    await status(client, 'offline');
    await status(client, 'online');
    expect(server.accounts.refreshes).toBe(0);
  });

  test('closed with 4001 without a word is refreshed and made again at once', async () => {
    const { server, front, client } = await raw({}, { backoffMs: 60_000, backoffMaxMs: 60_000 });
    await client.realtime.connect();
    only(front).close(closeCodes.unauthorized);
    await status(client, 'offline');
    await status(client, 'online');
    expect(server.accounts.refreshes).toBe(1);
  });

  test('whose server has fallen silent is given up', async () => {
    const { front, client } = await raw({}, { pingMs: 20, handshakeMs: 300 });
    await client.realtime.connect();
    const socket = only(front);
    const gone = once(socket, 'close');
    // Hears nothing, so answers no ping.
    socket.removeAllListeners('message');
    await status(client, 'offline');
    await gone;
    await status(client, 'online');
  });

  test('that is answered stays, however little is said', async () => {
    const { server, front, client } = await raw({}, { pingMs: 20, handshakeMs: 300 });
    await client.realtime.connect();
    const socket = only(front);
    const pings = () => server.heard.filter(({ event }) => event === 'ping').length;
    // More than a silence may last.
    await vi.waitFor(() => expect(pings()).toBeGreaterThan(25), 5000);
    expect(only(front) === socket).toBe(true);
  });

  test('on which something came that is no frame is made again', async () => {
    const { front, client } = await raw();
    await client.realtime.connect();
    only(front).send('<html>');
    await status(client, 'offline');
    await status(client, 'online');
  });

  test('tells of no answer that came too late, and of no frame of nobody', async () => {
    const { front, client } = await raw();
    await client.realtime.connect();
    const seen: unknown[] = [];
    client.realtime.on('message.sent', (data) => seen.push(data));
    const heard = new Promise((resolve) => client.realtime.on('pong', resolve));
    only(front).send(JSON.stringify({ event: 'message.sent', data: {}, req_id: 'nobody-1' }));
    only(front).send(JSON.stringify({ event: 'pong', data: {} }));
    await heard;
    expect(seen).toEqual([]);
  });

  test('that cannot be opened is tried again', async () => {
    class Refusing {
      constructor() {
        throw new DOMException('An insecure WebSocket may not be opened from here', 'SecurityError');
      }
    }
    const { client } = await raw({ WebSocket: Refusing as unknown as WebSocketClass });
    const connecting = failure(client.realtime.connect());
    await status(client, 'offline');
    await status(client, 'connecting');
    client.realtime.disconnect();
    expect(await connecting).toMatchObject({ code: 'ABORTED' });
  });
});

describe.each(carriers)('a message over %s', (transport) => {
  const over = carriedBy(transport);

  test('whose connection is lost before the answer is stored once and resolves once', async () => {
    const server = await over.startServer();
    // It is the loss that ends the waiting, not the time.
    const client = await over.online(server, {}, { ackMs: 60_000 });
    server.onSend = (_, times) => (times === 1 ? 'drop' : undefined);
    expect(await client.realtime.send(text('once'))).toMatchObject({ seq: 1 });
    expect(server.stored).toHaveLength(1);
  });

  test('that is not answered in time is sent again with the same id', async () => {
    const server = await over.startServer();
    const client = await over.online(server, {}, { ackMs: 50 });
    server.onSend = (_, times) => (times < 3 ? 'ignore' : undefined);
    expect(await client.realtime.send(text('patient'))).toMatchObject({ seq: 1 });
    expect(server.stored).toHaveLength(1);
  });

  test('that is refused rejects with what the server says', async () => {
    const server = await over.startServer();
    const client = await over.online(server);
    const error = { code: 'USER_BLOCKED', message: 'You cannot message this user' } as const;
    server.onSend = () => ({ ok: false, error });
    expect(await failure(client.realtime.send(text('no')))).toMatchObject({ ...error, retriable: false });
  });

  test('waits as long as the rate limit says', async () => {
    const server = await over.startServer();
    const client = await over.online(server);
    const times: number[] = [];
    server.onSend = () => {
      times.push(Date.now());
      if (times.length > 1) return undefined;
      return { ok: false, error: { code: 'TOO_MANY_REQUESTS', message: 'Later', retry_after: 0.2 } };
    };
    await client.realtime.send(text('limited'));
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(199);
  });
});
