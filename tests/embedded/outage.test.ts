/** PostgreSQL goes away and comes back while Parley runs: clear 503s, nothing accepted is lost, no restart. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@parley/platform/embedded-postgres';
import type { Program } from '@parley/runtime';
import { createStandalone } from '@parley/standalone';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newPhone, testConfig } from '../support/parley.ts';
import { Rest } from '../support/rest.ts';
import { rawSocket } from '../support/sockets.ts';

let directory: string;
let postgres: EmbeddedPostgres;
let parley: Program;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-outage-'));
  postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres') });
  parley = await createStandalone(testConfig({ DATABASE_URL: postgres.url, STORE_TIMEOUT_MS: '2000' }));
});
afterAll(async () => {
  await parley.close();
  await postgres.stop();
  await rm(directory, { recursive: true, force: true });
});

it('answers 503 within 3 s while it is down, and goes on when it is back', async () => {
  const rest = new Rest(parley.url);
  const [ada, ben] = [await rest.signIn(newPhone()), await rest.signIn(newPhone())];
  const chat = await rest.chat(ada, ben);
  const [adas, bens] = await Promise.all([
    rawSocket(parley.url, ada.token),
    rawSocket(parley.url, ben.token),
  ]);
  await adas.send(chat, 'before');

  await postgres.stop();
  const timed = async (call: () => Promise<{ status: number; body: { error: { code: string } | null } }>) => {
    const began = performance.now();
    const answer = await call();
    expect(performance.now() - began).toBeLessThan(3_000);
    return [answer.status, answer.body.error?.code];
  };
  const send = { client_msg_id: randomUUID(), type: 'text', payload: { body: 'during' } };
  const down = [503, 'SERVICE_UNAVAILABLE'];
  expect(
    await timed(() => rest.call('POST', `/chats/${chat}/messages`, { token: ada.token, body: send })),
  ).toEqual(down);
  expect(await timed(() => rest.call('GET', '/users/me', { token: ada.token }))).toEqual(down);
  expect(
    await timed(() => rest.call('PATCH', '/users/me', { token: ada.token, body: { display_name: 'A' } })),
  ).toEqual(down);
  expect(
    await timed(() => rest.call('POST', '/auth/refresh', { body: { refresh_token: ada.refreshToken } })),
  ).toEqual(down);
  expect(await adas.send(chat, 'during')).toMatchObject({ code: 5000, reason: 'SERVICE_UNAVAILABLE' });
  const ready = await fetch(`${parley.url}/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ ready: false, checks: { postgresql: { ok: false } } });
  expect((await fetch(`${parley.url}/health`)).status).toBe(200);

  const { port } = postgres;
  postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), port });
  // The same connections, the same sockets: nothing was restarted but the store.
  const after = await adas.send(chat, 'after');
  expect(after.seq).toBe(2);
  await bens.next('message.new', (message) => message.seq === 2);
  const again = await rest.call('POST', `/chats/${chat}/messages`, { token: ada.token, body: send });
  expect(again.status).toBe(201);
  expect(
    (await rest.call('POST', '/auth/refresh', { body: { refresh_token: ada.refreshToken } })).status,
  ).toBe(200);
  expect((await fetch(`${parley.url}/ready`)).status).toBe(200);
});

/** The server's processes, itself included. */
function processesOf(pid: number): number[] {
  const children = readdirSync('/proc').filter((name) => {
    try {
      return (
        /^\d+$/.test(name) &&
        readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === `${pid}`
      );
    } catch {
      return false;
    }
  });
  return [pid, ...children.map(Number)];
}

it('answers 503 within 3 s to everyone while it hangs, also to those who came later, and goes on', async () => {
  const rest = new Rest(parley.url);
  const [ada, ben] = [await rest.signIn(newPhone()), await rest.signIn(newPhone())];
  const chat = await rest.chat(ada, ben);
  const frozen = processesOf(postgres.pid);
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  const waits: number[] = [];
  const send = async () => {
    const began = performance.now();
    const body = { client_msg_id: randomUUID(), type: 'text', payload: { body: 'hello?' } };
    const answer = await rest.call('POST', `/chats/${chat}/messages`, { token: ada.token, body });
    waits.push(performance.now() - began);
    return answer.status;
  };
  try {
    const first = send();
    // The second joins while the first one's commit is under way.
    const second = new Promise((resolve) => setTimeout(resolve, 300)).then(send);
    expect(await Promise.all([first, second])).toEqual([503, 503]);
    expect(Math.max(...waits)).toBeLessThan(3_000);
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT');
  }
  expect(await send()).toBe(201);
});
