/**
 * Each store stopped for 20 s under load and started again, one at a time (HLD 13): what needs it is answered with 503 within
 * 3 s, all else goes on, nothing accepted is lost, and everything recovers without a restart.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { StoreName } from '@parley/stack';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, startCluster, type TestCluster } from '../support/cluster.ts';
import { newPhone } from '../support/parley.ts';
import type { SignedIn } from '../support/rest.ts';
import { rawSocket, type TestSocket } from '../support/sockets.ts';

const outageMs = 20_000;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

interface Scene {
  ada: SignedIn;
  ben: SignedIn;
  chat: string;
  adas: TestSocket;
  bens: TestSocket;
}

/**
 * Two people on different instances who are talking. While PostgreSQL is away an instance lets people write in the chats that it
 * knows; whether somebody belongs to another chat cannot be known then.
 */
async function scene(): Promise<Scene> {
  const [ada, ben] = await Promise.all([cluster.user(), cluster.user()]);
  const chat = await cluster.rest.chat(ada, ben);
  const adas = await rawSocket(cluster.realtime(0), ada.token);
  const bens = await rawSocket(cluster.realtime(1), ben.token);
  await adas.send(chat, 'before');
  await bens.next('message.new');
  const on = { ada, ben, chat, adas, bens };
  await calls.send(on);
  return on;
}

type Call = (scene: Scene) => Promise<{ status: number }>;

const get =
  (path: (scene: Scene) => string): Call =>
  (on) =>
    cluster.rest.call('GET', path(on), { token: on.ada.token });

/** What a client does, by what it needs. */
const calls = {
  send: (({ ada, chat }) =>
    cluster.rest.call('POST', `/chats/${chat}/messages`, {
      token: ada.token,
      body: { client_msg_id: randomUUID(), type: 'text', payload: { body: 'during' } },
    })) as Call,
  history: get(({ chat }) => `/chats/${chat}/messages`),
  profile: get(() => '/users/me'),
  presence: get(({ ben }) => `/users/${ben.id}/presence`),
  chat: get(({ chat }) => `/chats/${chat}`),
  signIn: (() => cluster.rest.call('POST', '/auth/request-otp', { body: { phone: newPhone() } })) as Call,
  refresh: (() =>
    cluster.rest.call('POST', '/auth/refresh', { body: { refresh_token: 'x'.repeat(43) } })) as Call,
};
type CallName = keyof typeof calls;

/** What fails while a store is away; all else goes on. */
const needs: Record<StoreName, readonly CallName[]> = {
  postgresql: ['history', 'profile', 'presence', 'chat', 'refresh'],
  mongodb: ['send', 'history', 'chat'],
  redis: ['signIn'],
  nats: [],
  s3: [],
};

/** Calls all of it again and again until told to stop; statuses and the longest wait of each. */
function load(on: Scene) {
  const seen = new Map<CallName, { statuses: Set<number>; longestMs: number; count: number }>();
  const accepted: string[] = [];
  let running = true;
  const loops = (Object.entries(calls) as [CallName, Call][]).map(async ([name, call]) => {
    const record = { statuses: new Set<number>(), longestMs: 0, count: 0 };
    seen.set(name, record);
    while (running) {
      const began = performance.now();
      const answer = (await call(on)) as { status: number; data: { message_id: string } };
      record.longestMs = Math.max(record.longestMs, performance.now() - began);
      record.statuses.add(answer.status);
      record.count++;
      if (name === 'send' && answer.status === 201) accepted.push(answer.data.message_id);
      await pause(20);
    }
  });
  return {
    seen,
    accepted,
    async stop() {
      running = false;
      await Promise.all(loops);
    },
  };
}

/** Both unknown refresh tokens and known calls count as answered. */
const fine = (name: CallName) => (name === 'refresh' ? [401] : name === 'send' ? [201] : [200]);

it.each(Object.keys(needs) as StoreName[])(
  '%s',
  async (name) => {
    const store = cluster.stack.stores[name];
    if (!store) throw new Error(`there is no ${name} here: ${cluster.stack.missing[name]}`);
    const on = await scene();
    await store.stop();
    const down = performance.now();
    const ready = async () => {
      const answer = await fetch(`${cluster.url}/ready`);
      const { checks } = (await answer.json()) as { checks: Record<string, { ok: boolean }> };
      return { status: answer.status, down: Object.keys(checks).filter((check) => !checks[check]?.ok) };
    };
    expect(await ready()).toEqual({ status: 503, down: [name] });
    expect((await fetch(`${cluster.url}/health`)).status).toBe(200);
    const work = load(on);
    await pause(outageMs - (performance.now() - down));
    await work.stop();
    for (const [call, { statuses, longestMs, count }] of work.seen) {
      const expected = needs[name].includes(call) ? [503] : fine(call);
      expect([call, [...statuses].filter((status) => !expected.includes(status))]).toEqual([call, []]);
      expect(count, call).toBeGreaterThan(3);
      expect(longestMs, call).toBeLessThan(3_000);
    }

    await store.start();
    await eventually('every program is ready', async () => {
      const urls = [cluster.url, cluster.realtime(0), cluster.realtime(1)];
      const answers = await Promise.all(urls.map((url) => fetch(`${url}/ready`)));
      return answers.every((answer) => answer.status === 200);
    });
    for (const [call, make] of Object.entries(calls) as [CallName, Call][]) {
      expect([call, (await make(on)).status]).toEqual([call, fine(call)[0]]);
    }
    // Those who stayed connected talk on, and what was accepted meanwhile reaches them.
    const after = await on.adas.send(on.chat, 'after');
    await on.bens.next('message.new', (message) => message.message_id === after.message_id);
    const delivered = () =>
      new Set(
        on.bens.received.filter((frame) => frame.event === 'message.new').map((f) => f.data.message_id),
      );
    await eventually('everything accepted is delivered', () => {
      const ids = delivered();
      return work.accepted.every((id) => ids.has(id));
    });
    const stored = new Set((await cluster.rest.history(on.ben, on.chat)).map((one) => one.message_id));
    expect(work.accepted.filter((id) => !stored.has(id))).toEqual([]);
  },
  120_000,
);
