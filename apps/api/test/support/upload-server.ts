/**
 * An API in a process of its own, whose memory can be watched: says `{ port, token }` once it listens, and answers every message with the most
 * memory that it has had since the one before, in bytes, and the sizes of the files that it has.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApi } from '../../src/api.ts';
import { fakeRuntime } from './fake-runtime.ts';

const runtime = fakeRuntime({ env: { LOG_LEVEL: 'warn' } });
await runtime.start();
const api = createApi(runtime);
const server = createServer(api.handler);
api.attach(server);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const phone = '+491511234567';
const { user } = await runtime.users.upsertByPhone(phone);
const token = await runtime.core.tokens.sign({ userId: user.id, phone, sessionId: crypto.randomUUID() });

let most = 0;
setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss());
}, 10);
process.on('message', () => {
  const sizes = [...runtime.media.byId.values()].map((media) => media.size_bytes);
  process.send?.({ most: Math.max(most, process.memoryUsage.rss()), sizes });
  most = 0;
});
process.on('disconnect', async () => {
  await runtime.close();
  process.exit(0);
});
process.send?.({ port: (server.address() as AddressInfo).port, token });
