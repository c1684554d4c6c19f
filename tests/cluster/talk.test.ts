/** People on different instances, in separate processes, and on different transports. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import type { SignedIn } from '../support/rest.ts';
import { openSocket, rawSocket, type TestSocket } from '../support/sockets.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function pair() {
  const [ada, ben] = await Promise.all([cluster.user(), cluster.user()]);
  return { ada, ben, chat: await cluster.rest.chat(ada, ben) };
}

/** A device on each instance, of one transport each. */
async function devices(user: SignedIn, first: TestSocket['kind']): Promise<[TestSocket, TestSocket]> {
  const second = first === 'raw' ? 'socket.io' : 'raw';
  return Promise.all([
    openSocket(first, cluster.realtime(0), user.token),
    openSocket(second, cluster.realtime(1), user.token),
  ]);
}

const news = (socket: TestSocket) => socket.received.filter((frame) => frame.event === 'message.new');

describe.each(['raw', 'socket.io'] as const)('from %s', (kind) => {
  it('every device on every instance gets everything once', async () => {
    const { ada, ben, chat } = await pair();
    const [ada1, ada2] = await devices(ada, kind);
    const [ben1, ben2] = await devices(ben, kind === 'raw' ? 'socket.io' : 'raw');
    const bodies = [];
    for (const [n, from] of [ada1, ben1, ada2, ben2, ada1].entries()) {
      await from.send(chat, `no ${n}`);
      bodies.push({ body: `no ${n}` });
    }
    for (const socket of [ada1, ada2, ben1, ben2]) {
      await socket.next('message.new', (message) => message.payload.body === 'no 3' || message.seq === 5);
    }
    // One more from each side, after which nothing of the earlier ones can still be under way.
    await Promise.all([ada1.send(chat, 'last of ada'), ben1.send(chat, 'last of ben')]);
    for (const socket of [ada2, ben2]) {
      await socket.next('message.new', (message) => message.payload.body === 'last of ada');
      await socket.next('message.new', (message) => message.payload.body === 'last of ben');
    }
    for (const [socket, own] of [
      [ada1, [0, 4]],
      [ada2, [2]],
      [ben1, [1]],
      [ben2, [3]],
    ] as const) {
      const seen = news(socket).filter((frame) => frame.data.seq <= 5);
      const expected = bodies.filter((_, index) => !(own as readonly number[]).includes(index));
      expect(seen.map((frame) => frame.data.payload)).toEqual(expected);
    }
  });

  it('receipts, typing and presence cross', async () => {
    const { ada, ben, chat } = await pair();
    const ada1 = await openSocket(kind, cluster.realtime(0), ada.token);
    ada1.emit('presence.subscribe', { user_ids: [ben.id] });
    expect(await ada1.next('presence')).toMatchObject({ user_id: ben.id, online: false });
    const ben2 = await openSocket(kind, cluster.realtime(1), ben.token);
    await ada1.next('presence', (presence) => presence.online === true);

    ben2.emit('typing.start', { chat_id: chat });
    expect(await ada1.next('typing')).toEqual({ chat_id: chat, user_id: ben.id, is_typing: true });
    const sent = await ada1.send(chat, 'hello');
    await ben2.next('message.new');
    ben2.emit('message.read', { chat_id: chat, up_to_message_id: sent.message_id });
    expect(await ada1.next('message.status', (data) => data.status === 'read')).toMatchObject({
      chat_id: chat,
      user_id: ben.id,
      up_to_seq: sent.seq,
    });
    ben2.close();
    const gone = await ada1.next('presence', (presence) => presence.last_seen !== null);
    expect(gone).toMatchObject({ user_id: ben.id, online: false });
  });

  it('a chat is told to devices on both instances', async () => {
    const [ada, ben] = await Promise.all([cluster.user(), cluster.user()]);
    const [, ada2] = await devices(ada, kind);
    const [ben1, ben2] = await devices(ben, kind);
    const chat = await cluster.rest.chat(ada, ben);
    for (const socket of [ada2, ben1, ben2]) {
      expect(await socket.next('chat.created')).toMatchObject({ chat_id: chat, type: 'direct' });
    }
  });

  it('a session that signs out is closed wherever it lives, within a second', async () => {
    const user = await cluster.user();
    const other = await cluster.rest.signIn(user.phone);
    const sockets = await devices(user, kind);
    const [survivor] = await devices(other, kind);
    const answer = await cluster.rest.call('POST', '/auth/logout', { token: user.token, body: {} });
    expect(answer.status).toBe(200);
    const began = performance.now();
    const codes = await Promise.all(sockets.map((socket) => socket.closed));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(codes).toEqual(kind === 'raw' ? [4001, 0] : [0, 4001]);
    survivor.emit('ping', {});
    await survivor.next('pong');
  });

  it('api’s port serves real time too', async () => {
    const { ada, ben, chat } = await pair();
    const sockets = await Promise.all(
      [ada, ben, ada, ben].map((user) => openSocket(kind, cluster.url, user.token)),
    );
    await sockets[0]?.send(chat, 'through the front door');
    for (const socket of sockets.slice(1)) {
      expect((await socket.next('message.new')).payload).toEqual({ body: 'through the front door' });
    }
  });
});

it('shows one order to everybody, whoever sends on whichever instance', async () => {
  const { ada, ben, chat } = await pair();
  const senders = await Promise.all(
    [0, 1, 0, 1].map((index, n) => rawSocket(cluster.realtime(index), (n % 2 ? ben : ada).token)),
  );
  const watchers = await Promise.all([0, 1].map((index) => rawSocket(cluster.realtime(index), ada.token)));
  // An instance knows where a chat stands once it has seen a message of it.
  await senders[0]?.send(chat, 'first');
  for (const watcher of watchers) await watcher.next('message.new');
  const each = 100;
  const answers = await Promise.all(
    senders.map(async (socket, from) => {
      const seqs: number[] = [];
      for (let n = 0; n < each; n++) seqs.push((await socket.send(chat, `${from}:${n}`)).seq);
      return seqs;
    }),
  );
  const total = senders.length * each + 1;
  const all = Array.from({ length: total }, (_, n) => n + 1);
  expect(answers.flat().sort((a, b) => a - b)).toEqual(all.slice(1));
  for (const seqs of answers) expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  for (const watcher of watchers) {
    for (const seq of all) await watcher.next('message.new', (message) => message.seq === seq);
    expect(news(watcher).map((frame) => frame.data.seq)).toEqual(all);
  }
});

it('is ready, with every store and the way of delivery by name', async () => {
  const ready = async (url: string) => (await (await fetch(`${url}/ready`)).json()) as object;
  const stores = { postgresql: { ok: true }, redis: { ok: true }, nats: { ok: true } };
  expect(await ready(cluster.url)).toMatchObject({ ready: true, checks: stores });
  expect(await ready(cluster.realtime(1))).toMatchObject({
    ready: true,
    checks: { ...stores, delivery: { ok: true } },
  });
  for (const program of cluster.stack.workers) {
    expect((await fetch(`${program.url}/health`)).status).toBe(200);
    expect(await ready(program.url ?? '')).toMatchObject({ ready: true, checks: stores });
  }
});
