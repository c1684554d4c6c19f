/** Refused upgrades end, whatever the client does. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { refuseUpgrade } from '../src/index.ts';
import { closeServer } from '../src/listen.ts';

test('a client that never closes its side does not keep a server from stopping', async () => {
  const server = createServer();
  server.on('upgrade', (_req, socket) => refuseUpgrade(socket, 503));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  let text = '';
  client.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await once(client, 'end');
  expect(text).toBe(
    'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  );
  await closeServer(server, { shutdownSeconds: 10 }, async () => undefined);
  client.destroy();
});
