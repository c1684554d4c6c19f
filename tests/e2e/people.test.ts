import type { OutputOf } from '@parley/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPhone, startParley, type TestParley } from '../support/parley.ts';
import { cast, type Person } from '../support/people.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

const sync = (who: Person, ...phone_numbers: string[]) =>
  who.do<OutputOf<'users.syncContacts'>>('POST', '/users/contacts/sync', { phone_numbers });
const contacts = async (who: Person) =>
  (await who.do<OutputOf<'users.contacts'>>('GET', '/users/contacts')).contacts;
const presenceOf = (who: Person, of: Person) => who.do('GET', `/users/${of.id}/presence`);
const profileOf = (who: Person, of: Person) => who.do<OutputOf<'users.get'>>('GET', `/users/${of.id}`);

describe('contacts', () => {
  it('are found by phone however it is written, and become contacts', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const phone = ben.user.phone;
    const written = `${phone.slice(0, 3)} (${phone.slice(3, 6)}) ${phone.slice(6, 9)}-${phone.slice(9)}`;
    const { registered_users } = await sync(
      ada,
      written,
      phone,
      newPhone(),
      ada.user.phone,
      'no phone',
      '+0123',
    );
    expect(registered_users).toEqual([{ phone, user_id: ben.id, display_name: 'ben', avatar_url: '' }]);
    await sync(ada, cleo.user.phone);
    expect((await contacts(ada)).map((each) => each.display_name)).toEqual(['ben', 'cleo']);
    expect(JSON.stringify(await contacts(ada))).not.toContain(phone);
    expect(await contacts(ben)).toEqual([]);
  });

  it('are told to my other devices once, and a thousand numbers are one call', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const phone = await ada.socket();
    const numbers = Array.from({ length: 999 }, (_, n) => `+4940${String(n).padStart(7, '0')}`);
    expect((await sync(ada, ...numbers, ben.user.phone)).registered_users).toHaveLength(1);
    const told = await phone.next('user.updated', (data) => data.kind !== 'profile');
    expect(told).toMatchObject({ kind: 'contacts', user_id: null });
    await sync(ada, ben.user.phone);
    await phone.ask('ping', {});
    const kinds = phone.received.flatMap((frame) => (frame.event === 'user.updated' ? frame.data.kind : []));
    expect(kinds.filter((kind) => kind === 'contacts')).toHaveLength(1);
    const many = { phone_numbers: [...numbers, ben.user.phone, '+49301'] };
    expect(await ada.refused('POST', '/users/contacts/sync', many)).toBe('VALIDATION_ERROR');
    phone.close();
  });

  it('may be looked for five times a minute', async () => {
    await using limited = await startParley({ RATE_LIMIT_SCALE: '1', RATE_LIMIT_API_IP: '40/60' });
    const { ada } = await cast(limited, 'ada');
    for (let n = 0; n < 5; n++) await sync(ada, '+49301234567');
    const answer = await limited.rest.call('POST', '/users/contacts/sync', {
      token: ada.user.token,
      body: { phone_numbers: ['+49301234567'] },
    });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('a block', () => {
  it('stops direct messages both ways at once, and shows nothing of either to the other', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    for (const who of [ada, ben]) {
      await who.do('PATCH', '/users/me', { avatar_url: `/${who.name}.jpg`, status_text: `I am ${who.name}` });
    }
    const chat = await ada.direct(ben);
    await ada.say(chat, 'hello');
    const [adas, bens] = await Promise.all([ada.socket(), ben.socket('socket.io')]);
    bens.emit('presence.subscribe', { user_ids: [ada.id] });
    adas.emit('presence.subscribe', { user_ids: [ben.id] });
    await bens.next('presence', (data) => data.online === true);
    await adas.next('presence', (data) => data.online === true);

    expect(await ada.do('POST', `/users/${ben.id}/block`)).toEqual({ user_id: ben.id, blocked: true });
    expect(await ada.do('POST', `/users/${ben.id}/block`)).toEqual({ user_id: ben.id, blocked: true });
    // Those who watch see nothing any more, without being asked.
    await bens.next('presence', (data) => data.user_id === ada.id && data.online === null);
    await adas.next('presence', (data) => data.user_id === ben.id && data.online === null);
    for (const [who, other] of [
      [ada, ben],
      [ben, ada],
    ] as const) {
      await expect(who.say(chat, 'x')).rejects.toThrow('USER_BLOCKED');
      expect(await presenceOf(who, other)).toEqual({ user_id: other.id, online: null, last_seen: null });
      expect(await profileOf(who, other)).toMatchObject({
        avatar_url: '',
        status_text: '',
        display_name: other.name,
      });
      expect((await who.chat(chat)).participant?.avatar_url).toBe('');
      expect(await who.reads(chat)).toEqual(['hello']);
    }
    const { chat_id: shared } = await ada.group('Shared', ben);
    await ben.say(shared, 'groups go on');
    expect(await ada.reads(shared)).toContain('groups go on');

    await ada.do('DELETE', `/users/${ben.id}/block`);
    await bens.next('presence', (data) => data.user_id === ada.id && data.online === true);
    await ben.say(chat, 'again');
    expect(await ada.reads(chat)).toEqual(['hello', 'again']);
    expect(await profileOf(ben, ada)).toMatchObject({ avatar_url: '/ada.jpg', status_text: 'I am ada' });
    expect(await ada.refused('POST', `/users/${ada.id}/block`)).toBe('BAD_REQUEST');
    expect(await ada.refused('POST', `/users/${crypto.randomUUID()}/block`)).toBe('NOT_FOUND');
    for (const socket of [adas, bens]) socket.close();
  });

  it('is felt on other instances at once', async () => {
    await using second = await parley.another();
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const chat = await ada.direct(ben);
    const send = () =>
      second.rest.call('POST', `/chats/${chat}/messages`, {
        token: ben.user.token,
        body: { client_msg_id: crypto.randomUUID(), type: 'text', payload: { body: 'x' } },
      });
    expect((await send()).status).toBe(201);
    await ada.do('POST', `/users/${ben.id}/block`);
    // One process without Redis cannot tell another one: there it takes up to three seconds.
    await expect.poll(async () => (await send()).status, { timeout: 10_000 }).toBe(403);
  });
});

describe('privacy', () => {
  it('hides presence, photo and about from those who are not my contacts, wherever they are shown', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    await ada.do('PATCH', '/users/me', { avatar_url: '/ada.jpg', status_text: 'by the sea' });
    await sync(ada, ben.user.phone);
    const { chat_id: group } = await cleo.group('All', ada, ben);
    const [bens, cleos, adas] = await Promise.all([ben.socket(), cleo.socket('socket.io'), ada.socket()]);
    for (const socket of [bens, cleos]) socket.emit('presence.subscribe', { user_ids: [ada.id] });
    await Promise.all([bens, cleos].map((socket) => socket.next('presence', (data) => data.online)));
    expect(await ada.do('GET', '/users/me/privacy')).toEqual({
      last_seen: 'everyone',
      profile_photo: 'everyone',
      about: 'everyone',
      read_receipts: true,
    });
    const settings = { last_seen: 'contacts', profile_photo: 'contacts', about: 'contacts' };
    expect(await ada.do('PUT', '/users/me/privacy', settings)).toEqual({ ...settings, read_receipts: true });
    await adas.next('user.updated', (data) => data.kind === 'privacy');
    await cleos.next('presence', (data) => data.online === null);
    const photoIn = async (who: Person) =>
      (await who.chat(group)).participants.find((each) => each.user_id === ada.id)?.avatar_url;
    expect(await profileOf(ben, ada)).toMatchObject({ avatar_url: '/ada.jpg', status_text: 'by the sea' });
    expect(await profileOf(cleo, ada)).toMatchObject({ avatar_url: '', status_text: '' });
    expect([await photoIn(ben), await photoIn(cleo)]).toEqual(['/ada.jpg', '']);
    expect(await presenceOf(ben, ada)).toMatchObject({ online: true });
    expect(await presenceOf(cleo, ada)).toMatchObject({ online: null, last_seen: null });
    const found = await sync(cleo, ada.user.phone);
    expect(found.registered_users[0]?.avatar_url).toBe('');
    expect((await contacts(cleo))[0]).toMatchObject({ avatar_url: '', status_text: '' });
    // "Contacts" are the target's: that Cleo knows Ada changes nothing; that Ada knows Cleo does, and is felt at once.
    expect(await presenceOf(cleo, ada)).toMatchObject({ online: null });
    await sync(ada, cleo.user.phone);
    await cleos.next('presence', (data) => data.online === true && data.user_id === ada.id);
    expect(await photoIn(cleo)).toBe('/ada.jpg');
    for (const bad of [{ last_seen: 'friends' }, { read_receipts: 'no' }]) {
      expect(await ada.refused('PUT', '/users/me/privacy', bad)).toBe('VALIDATION_ERROR');
    }
    for (const socket of [bens, cleos, adas]) socket.close();
  });

  it('of reads works both ways in direct chats, and not in groups', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    await ben.do('PUT', '/users/me/privacy', { read_receipts: false });
    const direct = await ada.direct(ben);
    const { chat_id: group } = await ada.group('Open', ben);
    const [toBen, inGroup] = [await ada.say(direct, 'a'), await ada.say(group, 'b')];
    const toAda = await ben.say(direct, 'c');
    await ben.read(direct, toBen);
    await ben.read(group, inGroup);
    await ada.read(direct, toAda);
    const receipts = async (who: Person, id: string) =>
      (await who.do<OutputOf<'messages.receipts'>>('GET', `/messages/${id}/receipts`)).receipts;
    expect(await receipts(ada, toBen.message_id)).toMatchObject([
      { user_id: ben.id, status: 'delivered', read_at: null },
    ]);
    expect(await receipts(ben, toAda.message_id)).toMatchObject([{ user_id: ada.id, status: 'delivered' }]);
    const [read] = await receipts(ada, inGroup.message_id);
    expect(read?.status).toBe('read');
    expect(Date.parse(read?.read_at ?? '')).toBeGreaterThanOrEqual(Date.parse(inGroup.created_at));
    const statuses = (await ada.history(direct)).map((each) => each.status);
    expect(statuses).toEqual(['delivered', 'read']);
  });
});

describe('presence', () => {
  it('of a reconnect within a second tells nothing', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const [adas, bens] = await Promise.all([ada.socket(), ben.socket()]);
    bens.emit('presence.subscribe', { user_ids: [ada.id] });
    await bens.next('presence', (data) => data.online === true);
    adas.close();
    const again = await ada.socket('socket.io');
    await parley.settled();
    again.close();
    const gone = await bens.next('presence', (data) => data.online === false);
    expect(gone.last_seen).not.toBeNull();
    const told = bens.received.filter((frame) => frame.event === 'presence');
    expect(told.map((frame) => frame.data.online)).toEqual([true, false]);
    bens.close();
  });
});
