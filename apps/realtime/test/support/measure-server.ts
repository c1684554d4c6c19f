/** The measured side of measure.ts: real time over in-memory ports, in a process of its own. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message } from '@parley/contract';
import { createRealtime } from '@parley/realtime';
import { fakeRuntime } from './fake-runtime.ts';

const fake = fakeRuntime();
fake.messages.forgetful = true;
fake.bus.keep = false;
const realtime = createRealtime(fake.runtime);
const server = createServer();
realtime.attach(server);

/** Users `0..count-1` with tokens, and a chat of each neighbouring pair. */
function prepare(count: number): { users: string[]; tokens: string[]; chats: string[] } {
  const users = Array.from({ length: count }, () => randomUUID());
  const tokens = users.map((id) => {
    fake.users.add(id);
    return fake.tokens.make(id, randomUUID(), 3600);
  });
  const chats = users.map((id, index) => {
    const chat = randomUUID();
    fake.chats.add(chat, [id, users[index ^ 1] ?? id]);
    return chat;
  });
  return { users, tokens, chats };
}

function sample(userId: string): Message {
  const at = new Date().toISOString();
  const id = randomUUID();
  return {
    message_id: id,
    chat_id: id,
    sender_id: userId,
    client_msg_id: id,
    seq: 1,
    version: 1,
    type: 'text',
    payload: { body: 'See you at the lake? I bring the boat and the sandwiches.' },
    reply_to_message_id: null,
    reply_to_preview: null,
    forwarded: false,
    forwarded_from: null,
    reactions: {},
    status: 'sent',
    is_deleted: false,
    is_starred: false,
    media: null,
    created_at: at,
    updated_at: at,
    edited_at: null,
    expires_at: null,
  };
}

/** Publishes `msg.new` to `fanOut` users at a time, as fast as the loop allows. */
async function fanOut(users: string[], size: number, ms: number) {
  const cpu = process.cpuUsage();
  const started = performance.now();
  let deliveries = 0;
  for (let at = 0; performance.now() - started < ms; at = (at + size) % users.length) {
    const recipients = users.slice(at, at + size);
    const message = sample(recipients[0] as string);
    await fake.bus.publish([
      {
        event_id: message.message_id,
        event_type: 'msg.new',
        timestamp: message.created_at,
        request_id: 'measure',
        trace: null,
        payload: { message, recipients, unquoted: [], origin: null },
      },
    ]);
    deliveries += recipients.length;
    await new Promise(setImmediate);
  }
  const used = process.cpuUsage(cpu);
  return { deliveries, ms: performance.now() - started, cpuMs: (used.user + used.system) / 1000 };
}

interface Ask {
  id: number;
  kind: 'prepare' | 'fan-out' | 'memory' | 'cpu';
  count?: number;
  users?: string[];
  size?: number;
  ms?: number;
}

async function answer(ask: Ask): Promise<unknown> {
  if (ask.kind === 'prepare') return prepare(ask.count ?? 0);
  if (ask.kind === 'fan-out') return fanOut(ask.users ?? [], ask.size ?? 1, ask.ms ?? 1000);
  if (ask.kind === 'cpu') return process.cpuUsage();
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    rss: process.memoryUsage().rss,
    heap: process.memoryUsage().heapUsed,
    connections: realtime.connections(),
  };
}

process.on('message', (ask: Ask) => {
  void answer(ask).then((result) => process.send?.({ id: ask.id, result }));
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', 4096, () => process.send?.({ port: (server.address() as AddressInfo).port }));
