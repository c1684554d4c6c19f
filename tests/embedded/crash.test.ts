/** Killed amid a burst and started again: every accepted message is there, in order, once, and every event is published. */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '@parley/runtime';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { endChild, startChild } from '../support/child.ts';
import { eventually } from '../support/cluster.ts';
import { newPhone, startParley } from '../support/parley.ts';
import { Rest } from '../support/rest.ts';
import { rawSocket } from '../support/sockets.ts';

let dataDir: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-crash-'));
});
afterAll(async () => {
  for (const child of children) await endChild(child, 'SIGTERM');
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts the program on this file's data. */
async function start(): Promise<{ child: ChildProcess; url: string; ms: number }> {
  const { process: child, url, ms } = await startChild(dataDir);
  children.push(child);
  return { child, url, ms };
}

it('has everything that was accepted after SIGKILL in a burst of sends', async () => {
  const first = await start();
  const rest = new Rest(first.url);
  const [ada, ben] = [await rest.signIn(newPhone()), await rest.signIn(newPhone())];
  const chat = await rest.chat(ada, ben);
  const socket = await rawSocket(first.url, ada.token);

  const accepted = new Map<number, string>();
  let sent = 0;
  // A sliding window of sends until the process is gone.
  const sender = async () => {
    while (socket.received.length >= 0) {
      const ack = await socket.send(chat, `no ${sent++}`);
      accepted.set(ack.seq, ack.message_id);
      if (accepted.size === 400) first.child.kill('SIGKILL');
    }
  };
  for (let n = 0; n < 40; n++) void sender().catch(() => undefined);
  await socket.closed;
  expect(accepted.size).toBeGreaterThanOrEqual(400);

  const again = await start();
  expect(again.ms).toBeLessThan(10_000);
  const restAgain = new Rest(again.url);
  const messages = await restAgain.history(ben, chat);
  expect(messages.map((message) => message.seq)).toEqual(messages.map((_, index) => index + 1));
  expect(new Set(messages.map((message) => message.client_msg_id)).size).toBe(messages.length);
  for (const [seq, id] of accepted) expect(messages[seq - 1]?.message_id).toBe(id);
  // Signed in as before, and talking goes on.
  const resumed = await rawSocket(again.url, ada.token);
  expect((await resumed.send(chat, 'still here')).seq).toBe(messages.length + 1);
  expect(await endChild(again.child, 'SIGTERM')).toBe(0);
});

it('publishes after a restart what was accepted and not published', async () => {
  await using parley = await startParley();
  const [ada, ben] = [await parley.user(), await parley.user()];
  const chat = await parley.rest.chat(ada, ben);
  const [runtime] = parley.runtimes as [Runtime];
  await runtime.settled();

  // The bus goes away between the commit and the publish, as when a process dies there.
  const publish = runtime.core.bus.publish;
  runtime.core.bus.publish = async () => {
    throw new Error('the bus is gone');
  };
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    const body = { client_msg_id: randomUUID(), type: 'text', payload: { body: `no ${n}` } };
    const answer = await parley.rest.call<{ message_id: string }>('POST', `/chats/${chat}/messages`, {
      token: ada.token,
      body,
    });
    ids.push(answer.data.message_id);
  }
  await parley.rest.call('POST', `/chats/${chat}/messages/read`, {
    token: ben.token,
    body: { up_to_message_id: ids[2] },
  });
  const client = new pg.Client(parley.databaseUrl);
  await client.connect();
  const waiting = async () =>
    (await client.query('SELECT count(*)::int AS n FROM outbox')).rows[0].n as number;
  expect(await waiting()).toBeGreaterThan(1);

  // Another instance starts, as after a crash: it tells its consumers everything, in order, and the outbox is empty.
  const { createRuntime } = await import('@parley/runtime');
  const next = await createRuntime(runtime.config, 'restarted');
  const told: { type: string; id: string }[] = [];
  next.core.bus.subscribe('test', 'msg.new', (event) => {
    told.push({ type: event.event_type, id: event.payload.message.message_id });
    expect(event.payload.recipients.sort()).toEqual([ada.id, ben.id].sort());
  });
  next.core.bus.subscribe('test', 'msg.status.updated', (event) => {
    told.push({ type: event.event_type, id: String(event.payload.up_to_seq) });
    expect(event.payload.message_ids).toEqual([ids[2], ids[1], ids[0]]);
  });
  await next.start();
  expect(told).toEqual([
    ...ids.map((id) => ({ type: 'msg.new', id })),
    { type: 'msg.status.updated', id: '3' },
  ]);
  expect(await waiting()).toBe(0);
  await client.end();
  await next.close();
  runtime.core.bus.publish = publish;
});

it('starts the embedded PostgreSQL again when that is killed, and goes on', async () => {
  const { child, url } = await start();
  const rest = new Rest(url);
  const [ada, ben] = [await rest.signIn(newPhone()), await rest.signIn(newPhone())];
  const chat = await rest.chat(ada, ben);
  const pid = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  const body = { client_msg_id: randomUUID(), type: 'text', payload: { body: 'patience' } };
  const send = () => rest.call('POST', `/chats/${chat}/messages`, { token: ada.token, body });
  // As a client would: 503 says to try again, and the id makes that safe.
  let answer = await send();
  for (const until = performance.now() + 20_000; answer.status === 503 && performance.now() < until; ) {
    answer = await send();
  }
  expect([200, 201]).toContain(answer.status);
  // Each connection of the pool finds out by itself that its server is gone.
  await eventually('history is answered', async () => {
    const page = await rest.call('GET', `/chats/${chat}/messages`, { token: ben.token });
    return page.status === 200;
  });
  expect(await rest.history(ben, chat)).toHaveLength(1);
  expect(await endChild(child, 'SIGTERM')).toBe(0);
});
