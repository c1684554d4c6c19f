/** Workers that die while they push: whatever is done again, a device is pushed a message once (contract section 6). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, startCluster, type TestCluster } from '../support/cluster.ts';
import { type PushService, registerDevice, startPushService } from '../support/pushes.ts';
import type { SignedIn } from '../support/rest.ts';

let pushes: PushService;
let cluster: TestCluster;
beforeAll(async () => {
  pushes = await startPushService();
  cluster = await startCluster(pushes.env);
}, 120_000);
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await pushes?.[Symbol.asyncDispose]();
});

const device = (user: SignedIn) => registerDevice(cluster.rest, user);

async function say(from: SignedIn, chat: string, body: string): Promise<string> {
  const { data } = await cluster.rest.call<{ message_id: string }>('POST', `/chats/${chat}/messages`, {
    token: from.token,
    body: { client_msg_id: randomUUID(), type: 'text', payload: { body } },
  });
  return data.message_id;
}

/** Which messages a device was told of, one for each push. */
const told = (token: string) => pushes.fcm.pushes(token).map((push) => push.data.message_id);

it('no push is doubled and none is missed but those that were on their way, in direct chats and in groups', async () => {
  const sender = await cluster.user();
  const users = await Promise.all(Array.from({ length: 8 }, () => cluster.user()));
  const tokens = await Promise.all(users.map(device));
  const chats = await Promise.all(users.map((user) => cluster.rest.chat(sender, user)));
  const group = await cluster.rest.call<{ chat_id: string }>('POST', '/chats', {
    token: sender.token,
    body: { type: 'group', name: 'Lake', participant_ids: users.map((user) => user.id) },
  });
  const { chat_id: lake } = group.data;
  const [first, second] = cluster.stack.workers;
  if (!first || !second) throw new Error('there are no two workers');

  const sent: string[][] = chats.map(() => []);
  const round = async (n: number) => {
    await Promise.all(
      chats.map(async (chat, index) => void sent[index]?.push(await say(sender, chat, `no ${n}`))),
    );
    await say(sender, lake, `to all ${n}`);
  };
  for (let n = 0; n < 30; n++) {
    if (n === 8 || n === 20) cluster.stack.kill(n === 8 ? first : second, 'SIGKILL');
    if (n === 14) await first.start();
    await round(n);
  }
  await second.exited;
  await second.start();
  const last = await say(sender, lake, 'the last one');

  await eventually(
    'every device learns of the last one',
    () => tokens.every((token) => told(token).includes(last)),
    120,
  );
  const directs = (index: number) => new Set(sent[index]);
  await eventually(
    'the direct messages are pushed',
    () =>
      tokens.every((token, index) => {
        const pushed = new Set(told(token));
        const missing = [...directs(index)].filter((id) => !pushed.has(id));
        // What a worker had in its hands when it was killed may be lost: it must not be pushed twice.
        return missing.length <= 2;
      }),
    60,
  );
  for (const token of tokens) {
    const pushed = told(token);
    expect(new Set(pushed).size).toBe(pushed.length);
  }
}, 240_000);
