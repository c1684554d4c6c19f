/**
 * Twenty clients of a dozen people talk for two minutes over a network that loses, repeats and delays events and answers, while clients
 * go offline, are reloaded or killed, and the server is restarted. In the end each client holds exactly what the server says, and each
 * accepted message is stored once, in the order in which it was sent.
 *
 * The seed is printed; CONVERGENCE_SEED runs the same again, CONVERGENCE_SECONDS longer or shorter.
 */
import type { ChatSummary, Message, Participant } from '@parley/contract';
import {
  createClient,
  type Database,
  memoryDatabase,
  memoryStorage,
  type ParleyClient,
  type TokenStorage,
} from '@parley/sdk';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  type Faults,
  faultyFetch,
  faultyWebSocket,
  mortal,
  noFaults,
  oneOf,
  type Random,
  randomOf,
} from '../support/faults.ts';
import { newPhone, startParley, type TestParley } from '../support/parley.ts';

import { Store } from '../../packages/sdk/src/view/store.ts';
import { writeFileSync } from 'node:fs';
const stores: any[] = [];
{
  const P = Store.prototype as any;
  const { apply, take, start, confirm } = P;
  const log = (store: any, line: unknown) => { (store.log ??= []).push([new Date().toISOString().slice(14), line]); };
  P.start = function (this: any, u: string) { if (!stores.includes(this)) stores.push(this); return start.call(this, u); };
  P.apply = function (this: any, answer: any, from: Map<any, any>) {
    log(this, { apply: { user: answer.user.version, reset: answer.user.reset, more: answer.has_more, kinds: answer.user.changes.map((c: any) => [c.kind, c.version, c.chat_id]) }, from: [...from].map(([e, n]) => [e.room.chatId, n]), chats: answer.chats.map((c: any) => ({ id: c.chat_id, v: c.version, s: c.state_version, reset: c.reset, removed: c.removed, p: c.participants.map((x: any) => [x.user_id, x.is_member, x.left_seq]), m: c.messages.map((x: any) => [x.seq, x.version, x.is_deleted]) })) });
    return apply.call(this, answer, from);
  };
  P.confirm = function (this: any, e: any, n: any) { log(this, { confirm: e.room.chatId, n }); return confirm.call(this, e, n); };
  P.take = function (this: any, chatId: string, event: any) {
    const d = event.data; log(this, { event: event.type, chatId, v: d.version, s: d.state_version, u: d.user_id, seq: d.seq });
    return take.call(this, chatId, event);
  };
}
const seed = Number(process.env.CONVERGENCE_SEED ?? Math.floor(Math.random() * 2 ** 31));
// The whole two minutes once: what differs between the engines shows in less.
const seconds = Number(process.env.CONVERGENCE_SECONDS ?? (inject('engines') === 'embedded' ? 120 : 40));

const people = 12;
const devices = 20;

interface Accepted {
  readonly senderId: string;
  readonly device: number;
  readonly chatId: string;
  readonly id: string;
  /** In the order of the sends of this device. */
  readonly order: number;
  /** Null while the answer is not known. */
  seq: number | null;
}

/** One device: its client may be ended and made again, on the same storages. */
class Device {
  readonly index: number;
  readonly id: string;
  readonly url: string;
  readonly random: Random;
  readonly storage: TokenStorage;
  readonly database: Database;
  readonly faults: Faults = { lost: 0.05, twice: 0.05, late: 0.1, delayMs: 300, calls: 0.04 };
  client!: ParleyClient;
  #mortal = mortal(memoryDatabase());
  #sends = 0;

  constructor(index: number, id: string, url: string, storage: TokenStorage) {
    this.index = index;
    this.id = id;
    this.url = url;
    this.storage = storage;
    this.random = randomOf(seed + index + 1);
    this.database = memoryDatabase();
  }

  async start(): Promise<void> {
    this.#mortal = mortal(this.database);
    this.client = createClient({
      url: this.url,
      storage: this.storage,
      database: this.#mortal,
      transport: this.index % 2 === 0 ? 'websocket' : 'socket.io',
      fetch: faultyFetch(this.random, this.faults),
      WebSocket: faultyWebSocket(this.random, this.faults),
    });
    await this.client.ready;
    void this.client.realtime.connect();
    await this.client.loaded;
    void this.client.chats.load().catch(() => {});
  }

  /** Ends the program: in order, or in the middle of whatever it does. */
  async end(killed: boolean): Promise<void> {
    if (killed) this.#mortal.die();
    await this.client.close();
  }

  say(chatId: string, accepted: Accepted[]): void {
    const id = crypto.randomUUID();
    const order = this.#sends++;
    const entry: Accepted = { senderId: this.id, device: this.index, chatId, id, order, seq: null };
    accepted.push(entry);
    const payload = { body: `${this.index}.${order}` };
    // A refusal (removed from the group meanwhile) or the end of this client: the server tells in the end whether it was stored.
    this.client
      .messages(chatId)
      .send({ client_msg_id: id, type: 'text', payload })
      .then(
        ({ seq }) => {
          entry.seq = seq;
        },
        () => {},
      );
  }
}

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

async function makeDevices(): Promise<Device[]> {
  const phones = Array.from({ length: people }, () => newPhone());
  const made: Device[] = [];
  for (let index = 0; index < devices; index++) {
    const phone = phones[index % people] as string;
    const storage = memoryStorage();
    const client = createClient({ url: parley.url, storage });
    const user = await client.signIn({ phone, requestCode: ({ otp_dev }) => otp_dev ?? '' });
    if (index < people) await client.users.updateMe({ display_name: `Person ${index}` });
    await client.close();
    made.push(new Device(index, user.id, parley.url, storage));
  }
  return made;
}

/** What somebody does now; what is refused has not happened. */
async function act(device: Device, all: readonly Device[], accepted: Accepted[]): Promise<unknown> {
  const { client, random } = device;
  const chats = client.chats.all;
  const chat = chats.length > 0 ? oneOf(random, chats) : undefined;
  if (!chat) return client.chats.load();
  const { chat_id } = chat;
  const view = client.messages(chat_id);
  const what = random();
  if (what < 0.45) return device.say(chat_id, accepted);
  await view.load();
  const messages = view.all.filter(isStored);
  const message = messages.length > 0 ? oneOf(random, messages) : undefined;
  const other = oneOf(random, all).id;
  if (what < 0.6) return view.markRead();
  if (message) {
    const id = message.message_id;
    if (what < 0.68) return client.realtime.react(id, oneOf(random, ['👍', '🎉', null]));
    if (what < 0.73) return client.realtime.editMessage(id, { body: `edited by ${device.index}` });
    if (what < 0.76) return client.realtime.deleteMessage(id, 'everyone');
    if (what < 0.79) return client.realtime.deleteMessage(id, 'me');
    if (what < 0.83) return client.messages[random() < 0.6 ? 'star' : 'unstar']({ id });
  }
  if (what < 0.86) return client.chats.mute({ id: chat_id, is_muted: random() < 0.5 });
  if (what < 0.89) return client.chats.pin({ id: chat_id, is_pinned: random() < 0.5 });
  if (what < 0.92) return client.chats.update({ id: chat_id, name: `Group ${Math.floor(random() * 100)}` });
  if (what < 0.95) return client.chats.addParticipants({ id: chat_id, user_ids: [other] });
  if (what < 0.97) return client.chats.removeParticipant({ id: chat_id, user_id: other });
  if (what < 0.98) return client.chats.create({ type: 'direct', participant_id: other });
  return view.loadOlder();
}

/** What happens to a device now. */
async function trouble(device: Device): Promise<void> {
  const what = device.random();
  if (what < 0.6) {
    device.client.realtime.disconnect();
    await pause(device.random() * 3000);
    void device.client.realtime.connect();
    return;
  }
  await device.end(what > 0.8);
  await pause(device.random() * 1000);
  await device.start();
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A device lives its own life until the end; resolves when all that it began has come to its end, too. */
async function live(
  device: Device,
  all: readonly Device[],
  accepted: Accepted[],
  until: number,
): Promise<void> {
  const begun = new Map<Promise<unknown>, ParleyClient>();
  while (performance.now() < until) {
    await pause(device.random() * 400);
    if (device.random() < 0.02) await trouble(device);
    else {
      // What was asked for while the network was away may take long: life goes on.
      const { client } = device;
      const done = Promise.resolve(act(device, all, accepted)).catch(() => {});
      begun.set(done, client);
      void done.then(() => begun.delete(done));
    }
  }
  // A network that works from now on, and a connection that begins with a sync: nobody could know of the last event if that was lost.
  Object.assign(device.faults, noFaults);
  device.client.realtime.disconnect();
  await device.client.realtime.connect();
  const open = () => [...begun.values()].map((client) => (client === device.client ? 'live' : 'closed'));
  await expect.poll(open, { timeout: 40_000, message: `what device ${device.index} began` }).toEqual([]);
}

type Truth = { chats: ChatSummary[]; of: Map<string, { messages: Message[]; participants: Participant[] }> };

/** All that the server says to a device's user, fetched by a client that holds nothing. */
async function truthOf(device: Device): Promise<Truth> {
  await using fresh = createClient({ url: parley.url, storage: device.storage });
  await fresh.ready;
  const chats: ChatSummary[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await fresh.chats.list({ limit: 100, ...(cursor ? { cursor } : {}) });
    chats.push(...page.chats);
    cursor = page.next_cursor;
  } while (cursor);
  const of = new Map<string, { messages: Message[]; participants: Participant[] }>();
  for (const { chat_id } of chats) {
    const messages: Message[] = [];
    let before: string | null | undefined;
    do {
      const page = await fresh.messages.list({ chat_id, limit: 100, ...(before ? { cursor: before } : {}) });
      messages.unshift(...page.messages.toReversed());
      before = page.next_cursor;
    } while (before);
    of.set(chat_id, { messages, participants: (await fresh.chats.get({ id: chat_id })).participants });
  }
  return { chats, of };
}

const isStored = (message: object): message is Message => 'message_id' in message;

const byId = (a: Participant, b: Participant) => (a.user_id < b.user_id ? -1 : 1);

/**
 * What somebody who left is told of a chat: not what later became of its messages, which a list shows as they are now; and the
 * number of the leaving itself with the next sync, where it could not be told yet.
 */
const told = (chat: ChatSummary) =>
  chat.is_member ? chat : { ...chat, last_message: null, unread_count: 0, state_version: 0 };

async function compare(device: Device, truth: Truth): Promise<void> {
  try { await compare2(device, truth); } catch (error) {
    const store = stores.findLast((each) => each.me === device.id && each.chats === device.client.chats.all);
    const id = /chat ([0-9a-f-]{36})/.exec(String((error as Error).message))?.[1];
    const of = (each: any) => JSON.stringify(each[1]).includes(id ?? 'x') ;
    const { room } = store.entry(id ?? '');
    writeFileSync('/tmp/sdkview/fail-' + seed + '.json', JSON.stringify({ message: (error as Error).message, user: store.user, room: { ...room, people: [...room.people.values()], history: undefined, held: room.history?.messages.map((m: any) => [m.seq, m.version, m.is_deleted, m.status]), newer: room.history?.newer, older: room.history?.older }, truth: id && { chat: truth.chats.find((c) => c.chat_id === id), m: truth.of.get(id)?.messages.map((m) => [m.seq, m.version, m.is_deleted, m.status]), p: truth.of.get(id)?.participants }, now: new Date().toISOString(), log: (store.log ?? []).filter((l: any) => !id || of(l)) }, null, 1));
    throw error;
  }
}
async function compare2(device: Device, truth: Truth): Promise<void> {
  const { client } = device;
  expect(client.chats.all.map(told), `chats of device ${device.index}`).toEqual(truth.chats.map(told));
  for (const { chat_id, is_member, version } of truth.chats) {
    const { messages: all, participants } = truth.of.get(chat_id) ?? { messages: [], participants: [] };
    const view = client.messages(chat_id);
    await view.load();
    // Who left is told of nothing later, while a page shows what was written before as it is now.
    const later = new Set(
      all.filter((message) => !is_member && message.version > version).map(({ seq }) => seq),
    );
    const isTold = (message: Message) => !later.has(message.seq);
    // Nor are positions, from which statuses follow.
    const asTold = (message: Message) => (is_member ? message : { ...message, status: 'sent' });
    const messages = all.filter(isTold).map(asTold);
    const held = view.all.filter(isStored).filter(isTold).map(asTold);
    const what = `${is_member ? '' : 'former '}chat ${chat_id} of device ${device.index}`;
    expect(held, what).toEqual(messages.slice(messages.length - held.length));
    // Where the oldest ones are deleted for oneself, only the next page tells that nothing is before.
    if (held.length === messages.length && view.hasOlder) await view.loadOlder();
    if (later.size === 0) expect(view.hasOlder, what).toBe(held.length < messages.length);
    expect(view.participants.toSorted(byId), what).toEqual(participants.toSorted(byId));
  }
}

test(`ends with the server's state, each accepted message once and in order (seed ${seed})`, {
  timeout: (seconds + 120) * 1000,
}, async () => {
  console.log(`convergence: CONVERGENCE_SEED=${seed} CONVERGENCE_SECONDS=${seconds}`);
  const rejections: unknown[] = [];
  const reject = (reason: unknown) => rejections.push(reason);
  process.on('unhandledRejection', reject);
  const all = await makeDevices();
  await Promise.all(all.map((device) => device.start()));
  const ids = [...new Set(all.map(({ id }) => id))];
  for (let group = 0; group < 4; group++) {
    const founder = all[group * 3] as Device;
    Object.assign(founder.faults, noFaults);
    const others = ids.filter((id, index) => id !== founder.id && index % 4 !== (group + 1) % 4);
    await founder.client.chats.create({ type: 'group', name: `Group ${group}`, participant_ids: others });
    Object.assign(founder.faults, { lost: 0.05, twice: 0.05, late: 0.1, calls: 0.04 });
  }
  const accepted: Accepted[] = [];
  const until = performance.now() + seconds * 1000;
  const lives = Promise.all(all.map((device) => live(device, all, accepted, until)));
  for (let restart = 1; restart <= 2; restart++) {
    await pause((seconds * 1000) / 3);
    await parley.restart();
  }
  await lives;

  for (const device of all) await quiet(device);
  await parley.settled();
  for (const device of all) {
    await device.client.settled();
    await compare(device, await truthOf(device));
  }
  await checkAccepted(all, accepted);
  process.off('unhandledRejection', reject);
  expect(rejections).toEqual([]);
  console.log(
    `convergence: ${accepted.length} sends, ${accepted.filter(({ seq }) => seq !== null).length} answered`,
  );
  await Promise.all(all.map((device) => device.client.close()));
});

/** Waits until nothing of a device waits to be sent. */
async function quiet(device: Device): Promise<void> {
  await expect
    .poll(() => device.client.chats.all.flatMap(({ chat_id }) => pendingOf(device.client, chat_id)).length, {
      timeout: 30_000,
    })
    .toBe(0);
}

function pendingOf(client: ParleyClient, chatId: string) {
  return client.messages(chatId).all.filter(({ status }) => status === 'pending');
}

/** Each accepted message is stored under its number, and those of one device in one chat are in the order of their sends. */
async function checkAccepted(all: readonly Device[], accepted: readonly Accepted[]): Promise<void> {
  const [runtime] = parley.runtimes;
  if (!runtime) throw new Error('there is no runtime');
  const last = new Map<string, number>();
  for (const { senderId, device, chatId, id, seq } of accepted) {
    const stored = await runtime.core.messages.known(senderId, id);
    if (seq !== null) expect(stored?.message.seq, `message ${id} of device ${device}`).toBe(seq);
    if (!stored) continue;
    const lane = `${device} ${chatId}`;
    expect(stored.message.seq, `order of ${lane}`).toBeGreaterThan(last.get(lane) ?? 0);
    last.set(lane, stored.message.seq);
  }
  const stored = new Set<string>();
  for (const device of all) {
    for (const { messages } of (await truthOf(device)).of.values()) {
      const keys = messages.map(({ sender_id, client_msg_id }) => `${sender_id} ${client_msg_id}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const key of keys) stored.add(key);
    }
  }
  expect(stored.size).toBeGreaterThan(accepted.length / 4);
}
