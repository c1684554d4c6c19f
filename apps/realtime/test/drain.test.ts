import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RawClient, transports } from './support/clients.ts';
import { World } from './support/world.ts';

function status(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, (res) => {
      res.resume();
      resolve(res.statusCode);
    }).on('error', reject);
  });
}

describe('draining', () => {
  it.each(transports)('closes %s with 1012 and resolves when all are gone', async (transport) => {
    await using world = await World.start();
    const clients = [await world.device(transport, world.alice), await world.device(transport, world.bob)];
    const waiting = world.raw();
    await waiting.opened();
    await world.realtime.drain();
    expect(world.realtime.connections()).toBe(0);
    for (const client of [...clients, waiting]) expect((await client.closed).code).toBe(1012);
    expect(world.fake.presence.leases.size).toBe(0);
  });

  it('refuses new connections with 503', async () => {
    await using world = await World.start();
    await world.realtime.drain();
    await expect(world.raw('?token=x').opened()).rejects.toThrow('status 503');
    const io = new RawClient(`ws://127.0.0.1:${world.port}/socket.io/?EIO=4&transport=websocket`);
    await expect(io.opened()).rejects.toThrow('status 503');
    expect(await status(`http://127.0.0.1:${world.port}/socket.io/?EIO=4&transport=polling`)).toBe(503);
  });

  it.each(transports)('answers what it had read on %s before it closes', async (transport) => {
    await using world = await World.start();
    const alice = await world.device(transport, world.alice);
    const commit = Promise.withResolvers<void>();
    world.fake.messages.hold = commit.promise;
    const sent = alice.ask('message.send', world.text());
    await alice.ask('ping');
    const drained = world.realtime.drain();
    commit.resolve();
    expect((await sent).ok).toBe(true);
    await drained;
    expect((await alice.closed).code).toBe(1012);
  });

  it.each(transports)('cuts off clients on %s that do not answer, and ends in time', async (transport) => {
    await using world = await World.start({ closeMs: 50 });
    const client = await world.device(transport, world.alice);
    const { socket } = client as unknown as { socket: { io?: { engine: { transport: { ws: object } } } } };
    const ws = (socket.io?.engine.transport.ws ?? socket) as { _socket: import('node:net').Socket };
    ws._socket.pause();
    await world.realtime.drain();
    expect(world.realtime.connections()).toBe(0);
    ws._socket.resume();
    await client.closed;
  });

  it('can be asked for twice', async () => {
    await using world = await World.start();
    await Promise.all([world.realtime.drain(), world.realtime.drain()]);
  });
});

describe('upgrades of other paths', () => {
  it.each(['/', '/wss', '/ws/more', '/socket.io'])('%s get 404 while nobody else listens', async (path) => {
    await using world = await World.start();
    await expect(new RawClient(`ws://127.0.0.1:${world.port}${path}`).opened()).rejects.toThrow('status 404');
  });

  it('are left to whoever else listens', async () => {
    await using world = await World.start();
    world.server.on('upgrade', (req, socket) => {
      if (req.url === '/hot-reload') socket.end('HTTP/1.1 418 Mine\r\nContent-Length: 0\r\n\r\n');
    });
    const client = new RawClient(`ws://127.0.0.1:${world.port}/hot-reload`);
    await expect(client.opened()).rejects.toThrow('status 418');
  });
});
