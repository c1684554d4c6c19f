/** A full group: everybody gets everything once, and all in the same order. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startParley, type TestParley } from '../support/parley.ts';
import type { SignedIn } from '../support/rest.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

const size = 256;
const senders = 16;
const sends = 500;

/** A member that keeps the ids of what comes, in its order; light, since there are many. */
class Listener {
  readonly ids: string[] = [];
  readonly seqs: number[] = [];
  readonly #socket: WebSocket;
  readonly #answers = new Map<string, (problem: string | undefined) => void>();
  readonly ready: Promise<void>;
  #reached: { count: number; resolve(): void } | undefined;

  constructor(url: string, user: SignedIn) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${user.token}`);
    this.ready = new Promise((resolve) => {
      this.#answers.set('hello', () => resolve());
      this.#socket.on('open', () => this.#send('ping', {}, 'hello'));
    });
    this.#socket.on('message', (text) => this.#take(JSON.parse(String(text))));
  }

  #send(event: string, data: unknown, req_id: string): void {
    this.#socket.send(JSON.stringify({ event, data, req_id }));
  }

  #take(frame: {
    event: string;
    req_id?: string;
    data: { message_id: string; seq: number; type?: string; reason?: string };
  }): void {
    if (frame.event === 'message.new' && frame.data.type === 'text') {
      this.ids.push(frame.data.message_id);
      this.seqs.push(frame.data.seq);
      if (this.#reached && this.ids.length >= this.#reached.count) this.#reached.resolve();
    }
    const problem = frame.event === 'error' ? frame.data.reason : undefined;
    if (frame.req_id !== undefined) this.#answers.get(frame.req_id)?.(problem);
  }

  /** Sends one message and waits until it is accepted; again where a busy machine's store took too long, as clients do. */
  send(chat_id: string, body: string): Promise<void> {
    const id = randomUUID();
    const attempt = () =>
      this.#send('message.send', { chat_id, client_msg_id: id, type: 'text', payload: { body } }, id);
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (problem) => {
        if (problem === undefined) resolve();
        else if (problem === 'SERVICE_UNAVAILABLE') attempt();
        else reject(new Error(`a send was refused: ${problem}`));
      });
      attempt();
    });
  }

  /** Resolves when so many messages came. */
  got(count: number): Promise<void> {
    if (this.ids.length >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#reached = { count, resolve };
    });
  }

  close(): void {
    this.#socket.close();
  }
}

it('256 members see 500 messages of 16 senders at once, each once, in one order', {
  timeout: 120_000,
}, async () => {
  const users: SignedIn[] = [];
  for (let n = 0; n < size; n += 32) {
    users.push(...(await Promise.all(Array.from({ length: 32 }, () => parley.user()))));
  }
  const [admin, ...others] = users as [SignedIn, ...SignedIn[]];
  const body = { type: 'group', name: 'Full', participant_ids: others.map((user) => user.id) };
  const made = await parley.rest.call<{ chat_id: string }>('POST', '/chats', { token: admin.token, body });
  const chat = made.data.chat_id;
  const members = users.map((user) => new Listener(parley.url, user));
  await Promise.all(members.map((member) => member.ready));

  let next = 0;
  const sender = async (member: Listener) => {
    while (next < sends) await member.send(chat, `${++next}`);
  };
  await Promise.all(members.slice(0, senders).map(sender));
  // Everyone but the sender of each gets it: the sixteen get less, by what they sent themselves.
  await Promise.all(members.slice(senders).map((member) => member.got(sends)));
  await parley.settled();

  const order = await parley.rest.history(admin, chat);
  const expected = order.filter((message) => message.type === 'text');
  expect(expected).toHaveLength(sends);
  for (const [index, member] of members.entries()) {
    const owner = users[index]?.id;
    const due = expected.filter((message) => index >= senders || message.sender_id !== owner);
    await member.got(due.length);
    expect(member.ids).toEqual(due.map((message) => message.message_id));
    expect(member.seqs).toEqual(due.map((message) => message.seq));
  }
  for (const member of members) member.close();
});
