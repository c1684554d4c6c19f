/** Processes that die without a word: nothing that was accepted is lost, and the others go on. */
import { randomUUID } from 'node:crypto';
import { createClient, type ParleyClient } from '@parley/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, startCluster, type TestCluster } from '../support/cluster.ts';
import { rawSocket } from '../support/sockets.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function pair() {
  const [ada, ben] = await Promise.all([cluster.user(), cluster.user()]);
  return { ada, ben, chat: await cluster.rest.chat(ada, ben) };
}

it('api dies between commit and publish: the event still comes', async () => {
  const { ada, ben, chat } = await pair();
  const bens = await rawSocket(cluster.realtime(0), ben.token);
  const [api] = cluster.stack.api;
  const nats = cluster.stack.stores.nats;
  if (!api || !nats) throw new Error('there is no api or no NATS');
  nats.pause();
  const answer = await cluster.rest.call<{ message_id: string }>('POST', `/chats/${chat}/messages`, {
    token: ada.token,
    body: { client_msg_id: randomUUID(), type: 'text', payload: { body: 'told by somebody else' } },
  });
  expect(answer.status).toBe(201);
  cluster.stack.kill(api, 'SIGKILL');
  await api.exited;
  nats.resume();
  await eventually('the message is delivered', () =>
    bens.received.some(
      (frame) => frame.event === 'message.new' && frame.data.message_id === answer.data.message_id,
    ),
  );
  await api.start();
  expect(await cluster.rest.history(ben, chat)).toHaveLength(1);
}, 90_000);

it('a realtime program dies amid a burst: clients go to the other one and nothing is lost or doubled', async () => {
  const { ada, ben, chat } = await pair();
  const [first] = cluster.stack.realtime;
  if (!first) throw new Error('there is no realtime program');
  const clients: ParleyClient[] = [];
  // One after the other: a phone has one code at a time.
  for (const user of [ada, ada, ben, ben]) {
    const client = createClient({ url: cluster.url });
    await client.signIn({
      phone: user.phone,
      requestCode: async ({ otp_dev }: { otp_dev?: string | undefined }) => otp_dev ?? '',
    });
    await client.realtime.connect();
    clients.push(client);
  }
  const send = (n: number) =>
    clients[n % 4]?.realtime.send({ chat_id: chat, type: 'text', payload: { body: `no ${n}` } });
  const before = Array.from({ length: 100 }, (_, n) => send(n));
  await before[20];
  cluster.stack.kill(first, 'SIGKILL');
  const after = Array.from({ length: 100 }, (_, n) => send(100 + n));
  const sent = await Promise.all([...before, ...after]);
  const stored = await cluster.rest.history(ben, chat);
  expect(stored.map((message) => message.seq)).toEqual(stored.map((_, index) => index + 1));
  expect(stored).toHaveLength(200);
  expect(new Set(stored.map((message) => message.client_msg_id)).size).toBe(200);
  expect(sent.map((message) => message?.seq).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(
    stored.map((message) => message.seq),
  );
  await Promise.all(clients.map((client) => client.close()));
  await first.start();
}, 90_000);

it('who was connected to it is offline when the lease runs out, and watchers elsewhere learn of it', async () => {
  const { ada, ben } = await pair();
  const [first] = cluster.stack.realtime;
  if (!first) throw new Error('there is no realtime program');
  const bens = await rawSocket(cluster.realtime(0), ben.token);
  const adas = await rawSocket(cluster.realtime(1), ada.token);
  adas.emit('presence.subscribe', { user_ids: [ben.id] });
  expect(await adas.next('presence')).toMatchObject({ online: true });
  const heard = setInterval(() => adas.emit('ping', {}), 20_000);
  const lastAlive = Date.now();
  cluster.stack.kill(first, 'SIGKILL');
  // And with it a worker, perhaps the one that would have noticed: the other takes over.
  const [worker] = cluster.stack.workers;
  if (worker) cluster.stack.kill(worker, 'SIGKILL');
  await bens.closed;
  const presence = async () =>
    (
      await cluster.rest.call<{ online: boolean; last_seen: string | null }>(
        'GET',
        `/users/${ben.id}/presence`,
        { token: ada.token },
      )
    ).data;
  expect((await presence()).online).toBe(true);
  await eventually('the lease runs out', async () => !(await presence()).online, 75);
  await eventually(
    'the watcher is told',
    () => adas.received.some((frame) => frame.event === 'presence' && frame.data.online === false),
    20,
  );
  clearInterval(heard);
  const told = adas.received.filter((frame) => frame.event === 'presence' && frame.data.online === false);
  expect(told).toHaveLength(1);
  const { last_seen } = await presence();
  expect(Math.abs(Date.parse(last_seen ?? '') - lastAlive)).toBeLessThan(15_000);
  await Promise.all([first.start(), worker?.start()]);
}, 150_000);
