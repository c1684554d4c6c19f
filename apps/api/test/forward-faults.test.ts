/** Upgrades through the public port when one side misbehaves: nothing is answered twice, and nothing stays behind. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { deadUrl, Echo, front, listen, scripted, until } from './support/forward.ts';

const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

describe('a client that goes away while a program is being asked', () => {
  it('leaves nothing behind, whatever the program answers later', async () => {
    const asked = Promise.withResolvers<void>();
    await using slow = await scripted(() => asked.resolve());
    await using parley = await front([slow.url]);
    const client = parley.upgrade();
    await asked.promise;
    client.socket.resetAndDestroy();
    await until(async () => (await parley.connections()) === 0);
    for (const socket of slow.open) socket.write(switching);
    await until(() => slow.open.size === 0);
    await parley.drain();
  });

  it('leaves nothing behind either when the answer comes at the same moment', async () => {
    const server = createServer();
    const sockets: { destroyed: boolean }[] = [];
    server.on('upgrade', (_req, socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined).on('end', () => socket.end());
      socket.resume();
      client.socket.resetAndDestroy();
      socket.write(switching);
    });
    await using parley = await front([await listen(server)]);
    const client = parley.upgrade();
    await until(() => sockets[0]?.destroyed === true);
    await parley.drain();
    await new Promise((resolve) => server.close(resolve));
  });

  it('does not keep this program from stopping', async () => {
    const asked = Promise.withResolvers<void>();
    await using slow = await scripted(() => asked.resolve());
    await using parley = await front([slow.url]);
    const client = parley.upgrade();
    await asked.promise;
    await parley.drain();
    await client.ended;
    expect(client.text).toMatch(/^HTTP\/1\.1 503 /);
    expect(slow.open.size).toBeLessThan(2);
  });
});

describe('a program that stalls', () => {
  it('in the middle of a 503 is left for one other, and only one', async () => {
    await using stalled = await scripted((socket) =>
      socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nabc'),
    );
    let upgrades = 0;
    const upgrading = () =>
      scripted((socket) => {
        upgrades++;
        socket.write(switching);
      });
    await using one = await upgrading();
    await using two = await upgrading();
    await using parley = await front([stalled.url, one.url, two.url]);
    const client = parley.upgrade();
    await until(() => stalled.open.size === 0 && client.text !== '');
    // Whatever else this request may cause has begun when another is through.
    const next = parley.upgrade();
    await until(() => next.text !== '');
    expect(upgrades).toBe(2);
    expect(client.text.split('HTTP/1.1').length).toBe(2);
    client.socket.destroy();
    next.socket.destroy();
  });

  it('in the middle of a refusal takes its client with it', async () => {
    await using stalled = await scripted((socket) =>
      socket.write('HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'),
    );
    await using good = await new Echo('good').start();
    await using parley = await front([stalled.url, good.url]);
    const client = parley.upgrade();
    await client.ended;
    expect(client.text).toBe('HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\nhello');
    expect(good.headers).toEqual([]);
  });
});

describe('a refused upgrade', () => {
  it('is passed on as it can be read: out of its chunks, to the end of the connection', async () => {
    const head = 'HTTP/1.1 400 Bad\r\nX-Kept: \xe9\r\nTransfer-Encoding: chunked\r\n';
    await using refusing = await scripted((socket) =>
      socket.end(
        Buffer.from(
          `${head}Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
          'latin1',
        ),
      ),
    );
    await using parley = await front([refusing.url]);
    const client = parley.upgrade();
    await client.ended;
    expect(client.text).toBe('HTTP/1.1 400 Bad\r\nX-Kept: \xe9\r\nConnection: close\r\n\r\nhello');
  });

  it('ends, whether or not the client closes its side', async () => {
    await using refusing = await scripted((socket) => socket.end('HTTP/1.1 404 None\r\n\r\n'));
    for (const [url, status] of [
      [await deadUrl(), 503],
      [refusing.url, 404],
    ] as const) {
      await using parley = await front([url]);
      const client = parley.upgrade();
      await client.ended;
      expect(client.text).toContain(`HTTP/1.1 ${status} `);
      await until(async () => (await parley.connections()) === 0);
      client.socket.destroy();
      await once(client.socket, 'close');
    }
  });
});
