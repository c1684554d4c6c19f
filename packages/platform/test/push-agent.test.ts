// A try that was given up must not reach FCM late, beside the next one.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FcmAgent } from '../src/push/fcm-agent.ts';

const sockets: Socket[] = [];
let asked: string[] = [];
const server = createServer((req, res) => {
  asked.push(req.url ?? '');
  if (req.url !== '/silent') res.end('ok');
});
server.on('connection', (socket) => sockets.push(socket));
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  asked = [];
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const makeAgent = (timeoutMs = 5000) =>
  new FcmAgent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, timeoutMs);

/** The answer's status, or the code of the error. */
function ask(agent: FcmAgent, path: string, host = 'fcm.googleapis.com'): Promise<unknown> {
  return new Promise((resolve) => {
    const req = request({ host, path, agent }, (res) =>
      res.resume().on('end', () => resolve(res.statusCode)),
    );
    req.on('error', (error) => resolve((error as NodeJS.ErrnoException).code));
    req.end();
  });
}

it('ends the request of a try that is given up, and no other', async () => {
  const agent = makeAgent();
  const [one, other] = [new AbortController(), new AbortController()];
  const given = agent.run(one.signal, () => ask(agent, '/silent'));
  const kept = agent.run(other.signal, () => ask(agent, '/silent'));
  let settled = false;
  kept.finally(() => {
    settled = true;
  });
  await expect.poll(() => asked.length).toBe(2);
  one.abort();
  expect(await given).toBe('ABORTED');
  expect(settled).toBe(false);
  other.abort();
  expect(await kept).toBe('ABORTED');
  await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true);
  agent.destroy();
});

it('begins nothing for a try that is given up, on a new connection or a kept one', async () => {
  const agent = makeAgent();
  const over = AbortSignal.abort();
  expect(await agent.run(over, () => ask(agent, '/'))).toBe('ABORTED');
  expect(await ask(agent, '/kept')).toBe(200);
  expect(Object.keys(agent.freeSockets)).toHaveLength(1);
  expect(await agent.run(over, () => ask(agent, '/'))).toBe('ABORTED');
  expect(asked).toEqual(['/kept']);
  agent.destroy();
});

it('leaves token requests alone, which serve all tries', async () => {
  const agent = makeAgent();
  expect(await agent.run(AbortSignal.abort(), () => ask(agent, '/', 'oauth2.googleapis.com'))).toBe(200);
  agent.destroy();
});

it('ends connections on which nothing comes', async () => {
  const agent = makeAgent(50);
  expect(await ask(agent, '/silent')).toBe('ETIMEDOUT');
  agent.destroy();
});
