/** SIGTERM to each program under load: what was accepted is answered, sockets close with 1012, and it ends in time. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Program } from '@parley/stack';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { ioSocket, rawSocket, type TestSocket } from '../support/sockets.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 120_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** Sends until the connection ends; what was answered is kept. */
function talk(socket: TestSocket, chat: string, accepted: string[]): void {
  const loop = async () => {
    for (;;) accepted.push((await socket.send(chat, randomUUID())).message_id);
  };
  for (let n = 0; n < 4; n++) loop().catch(() => undefined);
}

async function terminate(program: Program): Promise<number> {
  const began = performance.now();
  cluster.stack.kill(program, 'SIGTERM');
  await program.exited;
  return performance.now() - began;
}

async function scene(url: string) {
  const [ada, ben] = await Promise.all([cluster.user(), cluster.user()]);
  const chat = await cluster.rest.chat(ada, ben);
  const raw = await rawSocket(url, ada.token);
  const io = await ioSocket(url, ben.token);
  const accepted: string[] = [];
  talk(raw, chat, accepted);
  talk(io, chat, accepted);
  while (accepted.length < 100) await pause(10);
  return { ada, ben, chat, raw, io, accepted };
}

async function stored(token: string, chat: string): Promise<Set<string>> {
  return new Set((await cluster.rest.history({ token }, chat)).map((message) => message.message_id));
}

it('realtime', async () => {
  const [program] = cluster.stack.realtime as [Program];
  const { ada, chat, raw, io, accepted } = await scene(cluster.realtime(0));
  const ms = await terminate(program);
  expect(ms).toBeLessThan(10_000);
  expect(await raw.closed).toBe(1012);
  await io.closed;
  const history = await stored(ada.token, chat);
  expect(accepted.filter((id) => !history.has(id))).toEqual([]);
  await program.start();
}, 60_000);

it('workers', async () => {
  const [program] = cluster.stack.workers as [Program];
  const { raw } = await scene(cluster.realtime(0));
  expect(await terminate(program)).toBeLessThan(10_000);
  raw.emit('ping', {});
  await raw.next('pong');
  raw.close();
  await program.start();
}, 60_000);

it('api, with the connections that it forwards', async () => {
  const [program] = cluster.stack.api as [Program];
  const { ada, ben, chat, raw, io, accepted } = await scene(cluster.url);
  const answers: (number | 'refused')[] = [];
  let posting = true;
  // A chat of its own: what is tested is the end of api, not how many processes can write to one chat.
  const cid = await cluster.user();
  const other = await cluster.rest.chat(ben, cid);
  const posted: string[] = [];
  const post = async () => {
    while (posting) {
      const body = { client_msg_id: randomUUID(), type: 'text', payload: { body: 'over REST' } };
      const answer = await cluster.rest
        .call<{ message_id: string }>('POST', `/chats/${other}/messages`, { token: ben.token, body })
        .catch((error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.message);
      if (typeof answer === 'string') {
        // Nobody listens any more, or a connection that was kept alive ended before it took the request.
        expect(['ECONNREFUSED', 'UND_ERR_SOCKET', 'ECONNRESET']).toContain(answer);
        answers.push('refused');
        return;
      }
      answers.push(answer.status);
      if (answer.status === 201) posted.push(answer.data.message_id);
    }
  };
  const posters = Array.from({ length: 8 }, post);
  while (answers.length < 50) await pause(10);
  const ms = await terminate(program);
  posting = false;
  await Promise.all(posters);
  expect(ms).toBeLessThan(10_000);
  expect(new Set(answers.filter((answer) => answer !== 'refused'))).toEqual(new Set([201]));
  expect(await raw.closed).toBe(1012);
  await io.closed;
  await program.start();
  const history = await stored(ada.token, chat);
  expect(accepted.filter((id) => !history.has(id))).toEqual([]);
  const written = await stored(ben.token, other);
  expect(posted.filter((id) => !written.has(id))).toEqual([]);
}, 60_000);
