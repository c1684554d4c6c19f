import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { TestServer } from './support/http.ts';

/** A GET on a connection that stays open. */
async function keptAlive(server: TestServer, agent: Agent, path: string): Promise<IncomingMessage> {
  const [response] = await once(get(`${server.url}${path}`, { agent }), 'response');
  response.resume();
  await once(response, 'end');
  return response;
}

describe('draining', () => {
  test('ends at once when nothing is being answered', async () => {
    await using server = await TestServer.start();
    await server.call('GET', '/health');
    await server.api.drain();
  });

  test('waits for what is being answered, and closes its connection after', async () => {
    await using server = await TestServer.start();
    const { token, user } = await server.signIn();
    const entered = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    server.runtime.users.find = async () => {
      entered.resolve();
      await held.promise;
      return user;
    };
    const answer = server.call('GET', '/api/v1/users/me', { token });
    await entered.promise;
    let drained = false;
    const draining = server.api.drain().then(() => {
      drained = true;
    });
    // Long enough for a drain that does not wait.
    await server.call('GET', '/health');
    expect(drained).toBe(false);
    held.resolve();
    const { status, headers } = await answer;
    expect([status, headers.connection]).toEqual([200, 'close']);
    await draining;
  });

  test.each(['/api/v1/users/me', '/health', '/trpc/users.me', '/nothing'])(
    'lets requests on kept-alive connections through (%s), and tells them to go elsewhere',
    async (path) => {
      await using server = await TestServer.start();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      expect((await keptAlive(server, agent, '/health')).headers.connection).toBe('keep-alive');
      await server.api.drain();
      const late = await keptAlive(server, agent, path);
      expect(late.headers.connection).toBe('close');
      expect(late.headers['x-content-type-options']).toBe('nosniff');
      agent.destroy();
    },
  );

  test('ends live streams', async () => {
    await using server = await TestServer.start();
    const [stream] = await once(get(`${server.url}/dev/inbox/events`), 'response');
    stream.resume();
    const ended = once(stream, 'end');
    await server.api.drain();
    await ended;
  });

  test('does not wait for a client that has left', async () => {
    await using server = await TestServer.start();
    const { token } = await server.signIn();
    const entered = Promise.withResolvers<void>();
    server.runtime.users.find = () => {
      entered.resolve();
      return new Promise(() => {});
    };
    const sent = server.open('GET', '/api/v1/users/me', { token });
    sent.on('error', () => undefined);
    await entered.promise;
    const draining = server.api.drain();
    sent.destroy();
    await draining;
  });
});
