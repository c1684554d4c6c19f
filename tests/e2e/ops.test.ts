/** The operator's command beside a running Parley: what it says of people, chats and pushes, and what it never says. */
import { randomUUID } from 'node:crypto';
import { openOperator } from '@parley/runtime';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runOps } from '../../apps/workers/src/ops/run.ts';
import { startParley, type TestParley } from '../support/parley.ts';
import { cast, type Person } from '../support/people.ts';
import { type PushService, registerDevice, startPushService } from '../support/pushes.ts';

let pushes: PushService;
let parley: TestParley;
beforeAll(async () => {
  pushes = await startPushService();
  parley = await startParley(pushes.env);
});
afterAll(async () => {
  await parley?.[Symbol.asyncDispose]();
  await pushes?.[Symbol.asyncDispose]();
});

/** Runs a command as `npm run ops` does, with the settings of the programs. */
async function ops(...args: string[]): Promise<{ code: number; out: string }> {
  const config = parley.runtimes[0]?.config;
  if (!config) throw new Error('no program runs');
  let out = '';
  const write = (chunk: string) => {
    out += chunk;
  };
  const code = await runOps(args, { open: () => openOperator(config), out: write, error: write });
  return { code, out };
}

/** Registers a device of the person and gives its token. */
const device = (who: Person) => registerDevice(parley.rest, who.user);

const secret = 'what only the two of them know';

describe('push why', () => {
  const why = (message: { message_id: string }, who: Person) =>
    ops('push', 'why', message.message_id, who.id);
  /** As the decision of a message comes a moment after its answer. */
  const decided = async (message: { message_id: string }, who: Person, reason: string) => {
    await expect
      .poll(async () => (await why(message, who)).out, { timeout: 15_000 })
      .toMatch(new RegExp(`^${reason}\\b`));
    return why(message, who);
  };

  it('sent, muted, no device, and the sender', async () => {
    const { ada, ben, cleo, dan } = await cast(parley, 'ada', 'ben', 'cleo', 'dan');
    const [bens] = await Promise.all([ben, cleo].map(device));
    const chats = await Promise.all([ben, cleo, dan].map((who) => ada.direct(who)));
    await cleo.do('PATCH', `/chats/${chats[1]}/mute`, { is_muted: true });
    const [toBen, toCleo, toDan] = await Promise.all(chats.map((chat) => ada.say(chat, secret)));
    if (!toBen || !toCleo || !toDan) throw new Error('nothing was sent');
    await pushes.fcm.taken(bens ?? '', 1);
    const sent = await decided(toBen, ben, 'sent');
    expect(sent).toMatchObject({
      code: 0,
      out: expect.stringMatching(/decided 20\d\d-.*Z\nIt was handed to/),
    });
    await decided(toCleo, cleo, 'muted');
    await decided(toDan, dan, 'no_device');
    expect((await why(toBen, ada)).out).toMatch(/^sender\nThe user sent it/);
    expect((await why(toBen, cleo)).out).toMatch(/^never_member\n/);
    for (const [message, who] of [
      [toBen, ben],
      [toCleo, cleo],
      [toBen, ada],
    ] as const) {
      expect((await why(message, who)).out).not.toContain(secret);
    }
  });

  it('connected: nothing is noted, and nothing was pushed', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const token = await device(ben);
    const socket = await ben.socket();
    const message = await ada.say(await ada.direct(ben), secret);
    await parley.settled();
    expect((await why(message, ben)).out).toMatch(/^undecided\n.*the user was connected/);
    expect((await ops('user', ben.user.phone)).out).toMatch(
      inject('engines') === 'distributed'
        ? /^connected +yes$/m
        : /^connected +only the server itself knows$/m,
    );
    expect(pushes.fcm.pushes(token)).toEqual([]);
    socket.close();
  });

  it('in a group: part of a later push, or read within its window', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const { chat_id: chat } = await ada.group('Lake', ben, cleo);
    const bens = await device(ben);
    await device(cleo);
    const [first, last] = [await ada.say(chat, secret), await ada.say(chat, secret)];
    await decided(first, ben, 'gathering');
    await cleo.read(chat, last);
    await pushes.fcm.taken(bens, 1);
    await decided(first, ben, 'collapsed');
    await decided(last, ben, 'sent');
    await decided(last, cleo, 'read');
  });

  it('a device that is gone, a message of the system, one that is unknown', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    pushes.fcm.answer(await device(ben), 'unregistered');
    const message = await ada.say(await ada.direct(ben), secret);
    await decided(message, ben, 'unregistered');
    const { chat_id: chat } = await ada.group('Lake', ben);
    const [system] = await ada.history(chat);
    if (!system) throw new Error('the group begins without a message');
    expect((await why(system, ben)).out).toMatch(/^system_message\n/);
    expect(await ops('push', 'why', randomUUID(), ben.id)).toEqual({
      code: 1,
      out: 'unknown_message\nThere is no message with this id.\n',
    });
  });
});

describe('user, chat and queue', () => {
  it('say what is known, and nothing that people wrote', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const token = await device(ben);
    const { chat_id: chat } = await ada.group('Lake', ben);
    const message = await ada.say(chat, secret);
    await ben.read(chat, message);
    await parley.settled();
    const user = await ops('user', ben.user.phone);
    const shown = await ops('chat', chat);
    for (const { code, out } of [
      user,
      shown,
      await ops('user', ben.user.phone, '--json'),
      await ops('chat', chat, '--json'),
    ]) {
      expect(code).toBe(0);
      for (const hidden of [secret, ben.user.phone, ada.user.phone, token]) expect(out).not.toContain(hidden);
    }
    expect(user.out).toContain(`…${token.slice(-6)}`);
    expect(user.out).toMatch(/^chats +1, and 0 left$/m);
    const { seq } = message as unknown as { seq: number };
    expect(shown.out).toMatch(new RegExp(`^messages +${seq}$`, 'm'));
    expect(shown.out).toMatch(new RegExp(`^${ben.id} +member +\\S+ +${seq} +${seq} +no `, 'm'));
  });

  it('queue says what waits', async () => {
    await parley.settled();
    await expect
      .poll(async () => (await ops('queue')).out, { timeout: 15_000 })
      .toMatch(/(^outbox of \w+ +nothing\n)+dead letters +none\n$/m);
    const { out } = await ops('queue');
    if (inject('engines') === 'distributed') {
      expect(out).toMatch(/^notifications +MESSAGES +0 +0 +0$/m);
      expect(out).toMatch(/^realtime +CHATS +\d+ +\d+ +\d+$/m);
    } else expect(out).toMatch(/^Events stay in the process/);
  });
});
