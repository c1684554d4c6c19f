/** Killed while it pushes and started again (contract section 6): no device is pushed a message twice, and what was not begun is pushed then. */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { endChild, startChild } from '../support/child.ts';
import { eventually } from '../support/cluster.ts';
import { newPhone } from '../support/parley.ts';
import { type PushService, registerDevice, startPushService } from '../support/pushes.ts';
import { Rest, type SignedIn } from '../support/rest.ts';

let dataDir: string;
let pushes: PushService;
let server: { child: ChildProcess; rest: Rest };
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-push-crash-'));
  pushes = await startPushService();
  await start();
});
beforeEach(() => pushes.fcm.answer('*', 'sent'));
afterAll(async () => {
  if (server) await endChild(server.child, 'SIGTERM');
  await pushes?.[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts the program on this file's data, with this file's FCM. */
async function start(): Promise<void> {
  const { process: child, url } = await startChild(dataDir, pushes.env);
  server = { child, rest: new Rest(url) };
}

async function killed(): Promise<void> {
  await endChild(server.child, 'SIGKILL');
  await start();
}

interface Scene {
  sender: SignedIn;
  users: SignedIn[];
  /** Each user's device, and each user's direct chat with the sender. */
  tokens: string[];
  chats: string[];
  group: string;
}

async function scene(count: number): Promise<Scene> {
  const { rest } = server;
  const sender = await rest.signIn(newPhone());
  const users = await Promise.all(Array.from({ length: count }, () => rest.signIn(newPhone())));
  const tokens = await Promise.all(users.map((user) => registerDevice(rest, user)));
  const chats = await Promise.all(users.map((user) => rest.chat(sender, user)));
  const body = { type: 'group', name: 'Lake', participant_ids: users.map((user) => user.id) };
  const group = await rest.call<{ chat_id: string }>('POST', '/chats', { token: sender.token, body });
  return { sender, users, tokens, chats, group: group.data.chat_id };
}

/** The message's id, or undefined where the server went away before it answered. */
async function say(from: SignedIn, chat: string, body: string): Promise<string | undefined> {
  const message = { client_msg_id: randomUUID(), type: 'text', payload: { body } };
  const call = server.rest.call<{ message_id: string }>('POST', `/chats/${chat}/messages`, {
    token: from.token,
    body: message,
  });
  const answer = await call.catch((error: Error) => {
    if (error.name !== 'TypeError' && error.name !== 'SyntaxError') throw error;
  });
  return answer?.data.message_id;
}

/** Which messages a device was asked to be told of, whatever the service answered. */
function asked(token: string): string[] {
  const told = pushes.fcm.requests.filter((request) => request.token === token);
  return told.flatMap(({ body }) => body.data.message_id ?? []);
}

function expectOnce(tokens: readonly string[]): void {
  for (const token of tokens) {
    const ids = asked(token);
    expect(ids).toEqual([...new Set(ids)]);
  }
}

it('what was in the hands of FCM at the kill is not handed over again, and what comes after rings', async () => {
  const { sender, tokens, chats, group } = await scene(6);
  pushes.fcm.answer('*', 'hang');
  const sent = await Promise.all(chats.map((chat) => say(sender, chat, 'one')));
  await say(sender, group, 'to all');
  // Direct pushes at once, the group's when its window is over.
  await eventually('all are asked', () => tokens.every((token) => asked(token).length >= 2));
  pushes.fcm.answer('*', 'sent');
  await killed();
  const next = await Promise.all(chats.map((chat) => say(sender, chat, 'two')));
  const all = await say(sender, group, 'to all again');
  await eventually('what comes after rings', () =>
    tokens.every(
      (token, index) => asked(token).includes(next[index] ?? '') && asked(token).includes(all ?? ''),
    ),
  );
  tokens.forEach((token, index) => {
    expect(asked(token)).toContain(sent[index]);
  });
  expectOnce(tokens);
}, 90_000);

it('a window that was open at the kill is pushed after it, once, with all that it held', async () => {
  const { sender, tokens, group } = await scene(4);
  const ids: (string | undefined)[] = [];
  for (let n = 0; n < 5; n++) ids.push(await say(sender, group, `no ${n}`));
  await killed();
  const pushed = (token: string) =>
    pushes.fcm.pushes(token).filter(({ data }) => data.type === 'new_message');
  await eventually('the window is pushed', () => tokens.every((token) => pushed(token).length > 0), 30);
  for (const token of tokens) {
    expect(pushed(token)).toHaveLength(1);
    expect(pushed(token)[0]?.data).toMatchObject({ message_id: ids.at(-1), message_count: '5' });
  }
}, 90_000);

it('killed again and again amid a burst, it doubles no push, and misses none but those in its hands', async () => {
  const { sender, tokens, chats, group } = await scene(8);
  const sent = chats.map((): string[] => []);
  const round = async (n: number) => {
    const direct = chats.map(async (chat, index) => {
      const id = await say(sender, chat, `no ${n}`);
      if (id !== undefined) sent[index]?.push(id);
    });
    await Promise.all([...direct, say(sender, group, `to all ${n}`)]);
  };
  for (let kill = 0; kill < 3; kill++) {
    let running = true;
    const talk = (async () => {
      for (let n = 0; running; n++) await round(n);
    })();
    const before = pushes.fcm.requests.length;
    await eventually('pushes are on their way', () => pushes.fcm.requests.length >= before + 60 + 17 * kill);
    await endChild(server.child, 'SIGKILL');
    running = false;
    await talk;
    await start();
  }
  const last = await Promise.all([...chats, group].map((chat) => say(sender, chat, 'the last one')));
  const rang = (token: string, index: number) =>
    [last[index], last.at(-1)].every((id) => asked(token).includes(id ?? ''));
  await eventually('the last ones ring', () => tokens.every(rang), 30);
  const missing = tokens.map((token, index) => {
    const told = new Set(asked(token));
    return (sent[index] ?? []).filter((id) => !told.has(id)).length;
  });
  expectOnce(tokens);
  // One at a time is in a worker's hands for each chat, and there were three kills.
  expect(Math.max(...missing)).toBeLessThanOrEqual(3);
}, 90_000);
