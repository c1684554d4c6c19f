import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import { openSocket, type TestSocket } from '../support/sockets.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

const kinds = ['raw', 'socket.io'] as const;
const pairs = kinds.flatMap((from) => kinds.map((to) => [from, to] as const));

/** Two people with two devices each: the first of the kind named, the second of the other. */
async function twoPeople(from: TestSocket['kind'], to: TestSocket['kind']) {
  const [ada, ben] = await Promise.all([parley.user('Ada'), parley.user('Ben')]);
  const chat = await parley.rest.chat(ada, ben);
  const other = (kind: TestSocket['kind']) => (kind === 'raw' ? 'socket.io' : 'raw');
  const [ada1, ada2, ben1, ben2] = await Promise.all([
    openSocket(from, parley.url, ada.token),
    openSocket(other(from), parley.url, ada.token),
    openSocket(to, parley.url, ben.token),
    openSocket(other(to), parley.url, ben.token),
  ]);
  return { ada, ben, chat, ada1, ada2, ben1, ben2 };
}

describe.each(pairs)('%s to %s', (from, to) => {
  it('delivers to every device of the recipient and to the sender’s other ones', async () => {
    const { chat, ada, ada1, ada2, ben1, ben2 } = await twoPeople(from, to);
    const sent = await ada1.send(chat, 'hello');
    for (const socket of [ada2, ben1, ben2]) {
      const message = await socket.next('message.new');
      expect(message).toMatchObject({
        message_id: sent.message_id,
        chat_id: chat,
        sender_id: ada.id,
        seq: 1,
        version: 1,
        type: 'text',
        payload: { body: 'hello' },
        status: 'sent',
      });
      expect(message.timestamp).toBe(message.created_at);
    }
    await parley.settled();
    expect(ada1.received.filter((frame) => frame.event === 'message.new')).toEqual([]);
  });

  it('tells the sender of delivery and reading, and the reader’s other device too', async () => {
    const { chat, ben, ada1, ada2, ben1, ben2 } = await twoPeople(from, to);
    const first = await ada1.send(chat, 'one');
    ben1.emit('message.delivered', { message_ids: [first.message_id] });
    for (const socket of [ada1, ada2]) {
      expect(await socket.next('message.status', (data) => data.status === 'delivered')).toMatchObject({
        chat_id: chat,
        message_id: first.message_id,
        user_id: ben.id,
        message_ids: [first.message_id],
        up_to_seq: 1,
      });
    }
    const second = await ada1.send(chat, 'two');
    ben1.emit('message.read', { chat_id: chat, up_to_message_id: second.message_id });
    for (const socket of [ada1, ada2, ben2]) {
      expect(await socket.next('message.status', (data) => data.status === 'read')).toMatchObject({
        chat_id: chat,
        user_id: ben.id,
        up_to_seq: 2,
      });
    }
  });

  it('shows typing and its end, to the other person alone', async () => {
    const { chat, ada, ada1, ada2, ben1, ben2 } = await twoPeople(from, to);
    ada1.emit('typing.start', { chat_id: chat });
    for (const socket of [ben1, ben2]) {
      expect(await socket.next('typing', (data) => data.is_typing)).toEqual({
        chat_id: chat,
        user_id: ada.id,
        is_typing: true,
      });
    }
    ada1.emit('typing.stop', { chat_id: chat });
    for (const socket of [ben1, ben2]) await socket.next('typing', (data) => !data.is_typing);
    expect(ada2.received.some((frame) => frame.event === 'typing')).toBe(false);
  });

  it('shows presence on subscription and when the last device leaves', async () => {
    const { ada, ben1, ada1, ada2 } = await twoPeople(from, to);
    ben1.emit('presence.subscribe', { user_ids: [ada.id] });
    expect(await ben1.next('presence', (data) => data.online === true)).toMatchObject({ user_id: ada.id });
    ada1.close();
    await ada1.closed;
    ada2.close();
    const gone = await ben1.next('presence', (data) => data.online === false);
    expect(gone.user_id).toBe(ada.id);
    expect(Date.parse(gone.last_seen)).toBeGreaterThan(Date.now() - 60_000);
  });
});

it('tells both of a new chat, each with a counter of their own', async () => {
  const [ada, ben] = await Promise.all([parley.user('Ada'), parley.user('Ben')]);
  const ben1 = await openSocket('raw', parley.url, ben.token);
  const chat = await parley.rest.chat(ada, ben);
  const created = await ben1.next('chat.created');
  expect(created).toMatchObject({ chat_id: chat, type: 'direct', name: '', state_version: 1 });
  expect(created.participants.map((p: { display_name: string }) => p.display_name).sort()).toEqual([
    'Ada',
    'Ben',
  ]);
  expect(created.user_version).toBeGreaterThan(0);
});

it('delivers a message sent by REST to the sender’s devices as well', async () => {
  const [ada, ben] = await Promise.all([parley.user(), parley.user()]);
  const chat = await parley.rest.chat(ada, ben);
  const [ada1, ben1] = await Promise.all([
    openSocket('raw', parley.url, ada.token),
    openSocket('socket.io', parley.url, ben.token),
  ]);
  const body = { client_msg_id: randomUUID(), type: 'text', payload: { body: 'by REST' } };
  const answer = await parley.rest.call('POST', `/chats/${chat}/messages`, { token: ada.token, body });
  expect(answer.status).toBe(201);
  for (const socket of [ada1, ben1]) expect((await socket.next('message.new')).payload.body).toBe('by REST');
});

it('keeps the order of a burst on one connection, for both people', async () => {
  const [ada, ben] = await Promise.all([parley.user(), parley.user()]);
  const chat = await parley.rest.chat(ada, ben);
  const ada1 = await openSocket('raw', parley.url, ada.token);
  const ben1 = await openSocket('socket.io', parley.url, ben.token);
  const sent = await Promise.all(Array.from({ length: 200 }, (_, n) => ada1.send(chat, `no ${n}`)));
  expect(sent.map((data) => data.seq)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  await ben1.next('message.new', (data) => data.seq === 200);
  const bodies = ben1.received.filter((f) => f.event === 'message.new').map((f) => f.data.payload.body);
  expect(bodies).toEqual(Array.from({ length: 200 }, (_, n) => `no ${n}`));
});
