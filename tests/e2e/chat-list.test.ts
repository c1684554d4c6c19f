import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import { cast, type Person } from '../support/people.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

const listed = async (who: Person, chat: string) => {
  const found = (await who.chats('?limit=100')).find((each) => each.chat_id === chat);
  if (!found) throw new Error('the chat is not in the list');
  return found;
};

/** Ada with as many groups as asked for, oldest first. */
async function groups(count: number) {
  const { ada, ben } = await cast(parley, 'ada', 'ben');
  const chats: string[] = [];
  for (let n = 0; n < count; n++) chats.push((await ada.group(`g${n}`, ben)).chat_id);
  return { ada, ben, chats };
}

async function pages(
  who: Person,
  limit: number,
  between?: (page: number) => Promise<void>,
): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | null = '', page = 1; cursor !== null; page++) {
    const path: string = `/chats?limit=${limit}${cursor && `&cursor=${cursor}`}`;
    const answer: { chats: { chat_id: string }[]; next_cursor: string | null } = await who.do('GET', path);
    seen.push(...answer.chats.map((chat) => chat.chat_id));
    cursor = answer.next_cursor;
    if (cursor !== null) await between?.(page);
  }
  return seen;
}

describe('the order', () => {
  it('is pinned first, then the newest activity', async () => {
    const { ada, ben, chats } = await groups(4);
    const [a, b, c, d] = chats as [string, string, string, string];
    expect((await ada.chats()).map((chat) => chat.chat_id)).toEqual([d, c, b, a]);
    await ben.say(b, 'up');
    expect((await ada.chats()).map((chat) => chat.chat_id)).toEqual([b, d, c, a]);
    await ada.do('PATCH', `/chats/${a}/pin`, { is_pinned: true });
    expect((await ada.chats()).map((chat) => chat.chat_id)).toEqual([a, b, d, c]);
    expect((await ben.chats()).map((chat) => chat.chat_id)).toEqual([b, d, c, a]);
    await ada.do('PATCH', `/chats/${a}/pin`, { is_pinned: false });
    expect((await ada.chats()).map((chat) => chat.chat_id)).toEqual([b, d, c, a]);
  });

  it('holds over pages while chats move, are pinned, and come new: each once, none left out', async () => {
    const { ada, ben, chats } = await groups(12);
    const seen = await pages(ada, 3, async (page) => {
      if (page === 1) await ben.say(chats[2] ?? '', 'from below to the top');
      if (page === 1) await ben.say(chats[11] ?? '', 'was listed already');
      if (page === 2) await ada.do('PATCH', `/chats/${chats[1]}/pin`, { is_pinned: true });
      if (page === 2) await ada.group('new', ben);
    });
    expect(seen).toEqual([...chats].reverse());
  });

  it('refuses a cursor that it cannot read', async () => {
    const { ada } = await cast(parley, 'ada');
    const at = '0000-99-99T99:99:99.999Z';
    const forged = [
      [1, 2],
      [ada.id, false, at, at],
      [ada.id, false, '2020-02-31T00:00:00.000Z', at],
    ];
    const cursors = forged.map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
    for (const cursor of ['x', 'e30', ...cursors]) {
      expect(await ada.refused('GET', `/chats?cursor=${cursor}`)).toBe('BAD_REQUEST');
    }
  });
});

describe('an entry', () => {
  it('shows the other one of a direct chat after privacy, the last message, and how much is unread', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    await ben.do('PATCH', '/users/me', { avatar_url: '/pictures/ben.jpg' });
    const chat = await ada.direct(ben);
    expect(await listed(ada, chat)).toMatchObject({
      type: 'direct',
      name: '',
      last_message: null,
      unread_count: 0,
      participant: { user_id: ben.id, display_name: 'ben', avatar_url: '/pictures/ben.jpg' },
    });
    await ben.do('PUT', '/users/me/privacy', { profile_photo: 'contacts' });
    expect((await listed(ada, chat)).participant?.avatar_url).toBe('');
    await ben.say(chat, 'one\ntwo');
    const second = await ben.say(chat, 'x'.repeat(300));
    await ada.say(chat, 'mine');
    const place = await ben.say(chat, '', { type: 'location', payload: { latitude: 1, longitude: 2 } });
    expect(await listed(ada, chat)).toMatchObject({
      unread_count: 3,
      version: 4,
      last_message: {
        message_id: place.message_id,
        type: 'location',
        preview: '📍 Location',
        sender_id: ben.id,
      },
      updated_at: place.created_at,
    });
    expect((await listed(ben, chat)).unread_count).toBe(1);
    expect(await ada.read(chat, second)).toEqual({ unread_count: 1 });
    await ben.do('DELETE', `/messages/${place.message_id}?for=everyone`);
    const after = await listed(ada, chat);
    expect([after.unread_count, after.last_message?.preview]).toEqual([0, 'mine']);
    await ada.do('DELETE', `/messages/${after.last_message?.message_id}`);
    expect((await listed(ada, chat)).last_message?.preview).toBe(`${'x'.repeat(99)}…`);
    expect((await listed(ben, chat)).last_message?.preview).toBe('mine');
  });

  it('counts as unread what a naive recount finds, whatever happened', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const { chat_id: chat } = await ada.group('Counted', ben, cleo);
    const sent: { by: Person; id: string }[] = [];
    for (let n = 0; n < 12; n++) {
      const by = [ada, ben, cleo][n % 3] as Person;
      sent.push({ by, id: (await by.say(chat, `${n}`)).message_id });
    }
    await ben.do('DELETE', `/messages/${sent[4]?.id}?for=everyone`);
    await ada.do('DELETE', `/messages/${sent[5]?.id}`);
    await ada.do('PATCH', `/chats/${chat}`, { name: 'Counted again' });
    await ada.read(chat, { message_id: sent[2]?.id ?? '' });
    for (const who of [ada, ben, cleo]) {
      const messages = await who.history(chat);
      const upTo = messages.findLastIndex((each) => each.sender_id !== who.id && each.status === 'read');
      const naive = messages
        .slice(upTo + 1)
        .filter((each) => each.sender_id !== who.id && !each.is_deleted && each.type !== 'system');
      expect((await listed(who, chat)).unread_count).toBe(naive.length);
    }
  });

  it('is muted until then, and pinned, for the caller alone and on all of its devices', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const chat = await ada.direct(ben);
    const [phone, bens] = await Promise.all([ada.socket('socket.io'), ben.socket()]);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await ada.do('PATCH', `/chats/${chat}/mute`, { is_muted: true, mute_until: until });
    expect(await listed(ada, chat)).toMatchObject({ is_muted: true, mute_until: until });
    expect(await listed(ben, chat)).toMatchObject({ is_muted: false, mute_until: null });
    const told = await phone.next('chat.updated');
    expect(told).toMatchObject({ chat_id: chat, changes: { is_muted: true, mute_until: until } });
    expect(told.user_version).toBeGreaterThan(0);
    await ada.do('PATCH', `/chats/${chat}/mute`, { is_muted: true });
    expect(await listed(ada, chat)).toMatchObject({ is_muted: true, mute_until: null });
    const past = { is_muted: true, mute_until: '2020-01-01T00:00:00.000Z' };
    expect(await ada.do('PATCH', `/chats/${chat}/mute`, past)).toMatchObject({ is_muted: false });
    expect(await listed(ada, chat)).toMatchObject({ is_muted: false, mute_until: null });
    await bens.ask('ping', {});
    expect(bens.received.filter((frame) => frame.event === 'chat.updated')).toEqual([]);
    for (const socket of [phone, bens]) socket.close();
  });
});
