/** Pushes from end to end, with FCM as Google's HTTP v1 has it (contract section 6). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import { cast, Person } from '../support/people.ts';
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

/** Registers a device of the person and gives its token. */
const device = (who: Person) => registerDevice(parley.rest, who.user);

/** The same person on a further device. */
async function onAnother(who: Person): Promise<Person> {
  return new Person(parley, await parley.rest.signIn(who.user.phone), who.name);
}

describe('a message to somebody who is offline', () => {
  it('is pushed at once to each device, as the contract has it', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const [phone, tablet] = [await device(ben), await device(await onAnother(ben))];
    const chat = await ada.direct(ben);
    const sent = await ada.say(chat, 'Are you free tonight?');
    for (const token of [phone, tablet]) {
      const [push] = await pushes.fcm.taken(token, 1);
      expect(push?.notification).toBeUndefined();
      expect(push?.android).toMatchObject({ priority: 'high', ttl: '86400s' });
      expect(push?.data).toMatchObject({
        type: 'new_message',
        chat_id: chat,
        chat_type: 'direct',
        message_id: sent.message_id,
        sender_id: ada.id,
        sender_name: 'ada',
        sender_avatar: '',
        message_preview: 'Are you free tonight?',
        // `message_type` is a name that FCM keeps for itself.
        msg_type: 'text',
        timestamp: String(Date.parse(sent.created_at)),
      });
    }
    await parley.settled();
    expect([phone, tablet].map((token) => pushes.fcm.pushes(token).length)).toEqual([1, 1]);
  });

  it('is not pushed to its sender, to who is connected, to who muted the chat, nor to a device that signed out', async () => {
    const { ada, ben, cleo, dan } = await cast(parley, 'ada', 'ben', 'cleo', 'dan');
    const tokens = await Promise.all([ada, ben, cleo, dan].map(device));
    const socket = await ben.socket();
    await parley.rest.call('POST', '/auth/logout', { token: dan.user.token, body: {} });
    const chats = await Promise.all([ben, cleo, dan].map((who) => ada.direct(who)));
    await cleo.do('PATCH', `/chats/${chats[1]}/mute`, { is_muted: true });
    for (const chat of chats) await ada.say(chat, 'hello');
    await parley.settled();
    expect(tokens.map((token) => pushes.fcm.pushes(token).length)).toEqual([0, 0, 0, 0]);
    // A mute that is over is none.
    const past = new Date(Date.now() + 50).toISOString();
    await cleo.do('PATCH', `/chats/${chats[1]}/mute`, { is_muted: true, mute_until: past });
    await expect.poll(() => Date.now() > Date.parse(past)).toBe(true);
    await ada.say(chats[1] ?? '', 'hello again');
    await pushes.fcm.taken(tokens[2] ?? '', 1);
    socket.close();
  });

  it('to a token that FCM does not know any more forgets the token; a busy FCM is tried again', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const [gone, busy] = [await device(ben), await device(await onAnother(ben))];
    pushes.fcm.answer(gone, 'unregistered');
    pushes.fcm.answer(busy, 'internal', 'sent');
    const chat = await ada.direct(ben);
    await ada.say(chat, 'one');
    await pushes.fcm.taken(busy, 1);
    await parley.settled();
    await ada.say(chat, 'two');
    await pushes.fcm.taken(busy, 2);
    await parley.settled();
    expect(pushes.fcm.requests.filter((request) => request.token === gone)).toHaveLength(1);
  });
});

describe('a group', () => {
  it('rings once for what comes within three seconds, and not for what was read meanwhile', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const { chat_id: chat } = await ada.group('Lake', ben, cleo);
    const [bens, cleos] = [await device(ben), await device(cleo)];
    const sent = [];
    for (const body of ['one', 'two', 'three']) sent.push(await ada.say(chat, body));
    const last = sent.at(-1);
    if (!last) throw new Error('nothing was sent');
    await cleo.read(chat, last);
    const [push] = await pushes.fcm.taken(bens, 1);
    expect(push?.data).toMatchObject({
      chat_type: 'group',
      chat_name: 'Lake',
      message_preview: '3 new messages',
      message_count: '3',
      message_id: last.message_id,
    });
    await parley.settled();
    expect(pushes.fcm.pushes(cleos)).toEqual([]);
    expect(pushes.fcm.pushes(bens)).toHaveLength(1);
  });

  it('tells somebody who was added', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const { chat_id: chat } = await ada.group('Lake', cleo);
    const token = await device(ben);
    await ada.do('POST', `/chats/${chat}/participants`, { user_ids: [ben.id] });
    const [push] = await pushes.fcm.taken(token, 1);
    expect(push?.data).toMatchObject({
      type: 'group_added',
      chat_id: chat,
      message_preview: 'You were added by ada',
    });
  });
});

it('reading on one device takes the notification from the others, silently', async () => {
  const { ada, ben } = await cast(parley, 'ada', 'ben');
  const tablet = await onAnother(ben);
  const [phone, other] = [await device(ben), await device(tablet)];
  const chat = await ada.direct(ben);
  const sent = await ada.say(chat, 'hello');
  await Promise.all([phone, other].map((token) => pushes.fcm.taken(token, 1)));
  await parley.settled();
  await ben.read(chat, sent);
  const [, silent] = await pushes.fcm.taken(other, 2);
  expect(silent?.data).toMatchObject({ type: 'chat.read', chat_id: chat });
  expect(silent?.android?.priority).toBe('normal');
  await parley.settled();
  expect(pushes.fcm.pushes(phone)).toHaveLength(1);
});
