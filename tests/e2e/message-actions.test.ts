import type { OutputOf } from '@parley/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import { cast } from '../support/people.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

async function three() {
  const people = await cast(parley, 'ada', 'ben', 'cleo');
  const { chat_id: chat } = await people.ada.group('Lake', people.ben, people.cleo);
  return { ...people, chat };
}

describe('deleting', () => {
  it('for me hides it from me everywhere, and tells my other devices', async () => {
    const { ada, ben, chat } = await three();
    const [adas, bens] = await Promise.all([ada.socket(), ben.socket('socket.io')]);
    const sent = await ben.say(chat, 'unwanted words');
    await ada.do('POST', `/messages/${sent.message_id}/star`);
    expect(await ada.do('DELETE', `/messages/${sent.message_id}`)).toEqual({
      message_id: sent.message_id,
      deleted_for: 'me',
    });
    const told = await adas.next('message.deleted');
    expect(told).toMatchObject({ chat_id: chat, message_id: sent.message_id });
    expect(told).not.toHaveProperty('version');
    expect(await ada.reads(chat)).not.toContain('unwanted words');
    expect(await ada.search('unwanted')).toEqual([]);
    expect((await ada.do<OutputOf<'messages.starred'>>('GET', '/messages/starred')).messages).toEqual([]);
    expect((await ada.chat(chat)).unread_count).toBe(0);
    expect(await ben.reads(chat)).toContain('unwanted words');
    await bens.ask('ping', {});
    expect(bens.received.filter((frame) => frame.event === 'message.deleted')).toEqual([]);
    for (const socket of [adas, bens]) socket.close();
  });

  it('for everyone leaves a mark without content: in history, replies, search, previews, and on every device', async () => {
    const { ada, ben, cleo, chat } = await three();
    const [adas, cleos] = await Promise.all([ada.socket(), cleo.socket('socket.io')]);
    const sent = await ben.say(chat, 'secret plan');
    await ada.say(chat, 'about that', { reply_to_message_id: sent.message_id });
    await cleo.do('POST', `/messages/${sent.message_id}/react`, { emoji: '😮' });
    expect(await ben.do('DELETE', `/messages/${sent.message_id}?for=everyone`)).toEqual({
      message_id: sent.message_id,
      deleted_for: 'everyone',
    });
    for (const socket of [adas, cleos]) {
      expect((await socket.next('message.deleted')).version).toBe(5);
      socket.close();
    }
    const [, gone, reply] = await ada.history(chat);
    expect(gone).toMatchObject({ is_deleted: true, payload: {}, reactions: {}, type: 'text', seq: 2 });
    expect(reply?.reply_to_preview).toMatchObject({ message_id: sent.message_id, preview: '' });
    expect(await ada.search('secret')).toEqual([]);
    expect(JSON.stringify(await ada.history(chat))).not.toContain('secret');
    // Again changes nothing; what is gone can be neither edited nor starred nor forwarded.
    await ben.do('DELETE', `/messages/${sent.message_id}?for=everyone`);
    expect((await ada.chat(chat)).version).toBe(5);
    const path = `/messages/${sent.message_id}`;
    expect(await ben.refused('PATCH', path, { payload: { body: 'x' } })).toBe('NOT_FOUND');
    expect(await ben.refused('POST', `${path}/react`, { emoji: '👍' })).toBe('NOT_FOUND');
    expect(await ben.refused('POST', `${path}/star`)).toBe('NOT_FOUND');
    expect(await ben.refused('POST', `${path}/forward`, { target_chat_ids: [chat] })).toBe('NOT_FOUND');
  });
});

describe('editing', () => {
  it('replaces the text for all, marks it, and moves what search finds', async () => {
    const { ada, ben, chat } = await three();
    const bens = await ben.socket();
    const sent = await ada.say(chat, 'meet at noon');
    const edited = await ada.do('PATCH', `/messages/${sent.message_id}`, {
      payload: { body: 'meet at dusk' },
    });
    expect(edited).toMatchObject({ payload: { body: 'meet at dusk' }, version: 3, seq: 2 });
    const told = await bens.next('message.edited');
    expect(told).toMatchObject({
      message_id: sent.message_id,
      payload: { body: 'meet at dusk' },
      version: 3,
    });
    expect(Date.parse(told.edited_at)).toBeGreaterThan(0);
    expect(await ben.reads(chat)).toContain('meet at dusk');
    expect(await ben.search('noon')).toEqual([]);
    expect(await ben.search('dusk')).toEqual(['meet at dusk']);
    expect((await ben.chat(chat)).last_message?.preview).toBe('meet at dusk');
    // Sent again with its first content it is still the same message.
    const body = { client_msg_id: sent.client_msg_id, type: 'text', payload: { body: 'meet at noon' } };
    const again = await parley.rest.call('POST', `/chats/${chat}/messages`, { token: ada.user.token, body });
    expect(again.status).toBe(200);
    for (const payload of [{ caption: 'x' }, { body: '' }, { body: 'x'.repeat(4097) }, {}]) {
      expect(await ada.refused('PATCH', `/messages/${sent.message_id}`, { payload })).toBe(
        'VALIDATION_ERROR',
      );
    }
    bens.close();
  });

  it('is over 15 minutes after sending', async () => {
    let now = Date.now();
    await using clocked = await startParley({}, { clock: { now: () => now } });
    const { ada, ben } = await cast(clocked, 'ada', 'ben');
    const chat = await ada.direct(ben);
    const sent = await ada.say(chat, 'early');
    now += 14 * 60_000 + 59_000;
    await ada.do('PATCH', `/messages/${sent.message_id}`, { payload: { body: 'in time' } });
    now += 2_000;
    // The access token lives as long as a message can be edited.
    ada.user.token = (await clocked.rest.signIn(ada.user.phone)).token;
    ben.user.token = (await clocked.rest.signIn(ben.user.phone)).token;
    expect(await ada.refused('PATCH', `/messages/${sent.message_id}`, { payload: { body: 'late' } })).toBe(
      'FORBIDDEN',
    );
    expect(await ben.reads(chat)).toEqual(['in time']);
  });
});

describe('reactions', () => {
  it('are one per person, told to all, and taken back', async () => {
    const { ada, ben, cleo, chat } = await three();
    const cleos = await cleo.socket('socket.io');
    const { message_id } = await ada.say(chat, 'news');
    const react = (emoji: string) => ben.do('POST', `/messages/${message_id}/react`, { emoji });
    await react('👍');
    await react('❤️');
    expect(await react('❤️')).toEqual({ message_id, reactions: { [ben.id]: '❤️' } });
    await ada.do('POST', `/messages/${message_id}/react`, { emoji: '👩‍👩‍👧‍👦' });
    const told = await cleos.next('message.reaction', (data) => data.user_id === ada.id);
    expect(told).toMatchObject({ message_id, chat_id: chat, emoji: '👩‍👩‍👧‍👦', version: 5 });
    expect((await cleo.history(chat)).at(-1)?.reactions).toEqual({ [ben.id]: '❤️', [ada.id]: '👩‍👩‍👧‍👦' });
    const answer = await parley.rest.call('DELETE', `/messages/${message_id}/react`, {
      token: ben.user.token,
      body: { emoji: '❤️' },
    });
    expect(answer.data).toEqual({ message_id, reactions: { [ada.id]: '👩‍👩‍👧‍👦' } });
    await cleos.next('message.reaction', (data) => data.user_id === ben.id && data.emoji === null);
    for (const emoji of ['x', '👍👍', '', 'ok 👍', 1]) {
      const refusal = await ben.refused('POST', `/messages/${message_id}/react`, { emoji });
      expect(refusal).toBe('VALIDATION_ERROR');
    }
    cleos.close();
  });

  it('of fifty people at once all stay, each with a version of its own', async () => {
    const { ada } = await cast(parley, 'ada');
    const fans = await Promise.all(Array.from({ length: 50 }, () => parley.user()));
    const body = { type: 'group', name: 'Fans', participant_ids: fans.map((user) => user.id) };
    const { chat_id: chat } = await ada.do<{ chat_id: string }>('POST', '/chats', body);
    const { message_id, version } = await ada.say(chat, 'hello fans');
    const path = `/messages/${message_id}/react`;
    const answers = await Promise.all(
      fans.map(({ token }) => parley.rest.call('POST', path, { token, body: { emoji: '🎉' } })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(fans.map(() => 200));
    const [message] = (await ada.history(chat)).slice(-1);
    expect(Object.keys(message?.reactions ?? {})).toHaveLength(50);
    expect(message?.version).toBe(version + 50);
    expect((await ada.chat(chat)).version).toBe(version + 50);
  });
});

describe('forwarding', () => {
  it('copies to all targets or to none', async () => {
    const { ada, ben, cleo, chat } = await three();
    const [toBen, toCleo] = [await ada.direct(ben), await ada.direct(cleo)];
    const sent = await ben.say(chat, 'pass it on');
    const path = `/messages/${sent.message_id}/forward`;
    const bens = await ben.socket();
    const done = await ada.do<OutputOf<'messages.forward'>>('POST', path, {
      target_chat_ids: [toBen, toCleo, toBen],
    });
    expect(done.forwarded_messages.map((each) => each.chat_id)).toEqual([toBen, toCleo]);
    expect(await bens.next('message.new', (data) => data.chat_id === toBen)).toMatchObject({
      forwarded: true,
      forwarded_from: { chat_id: chat, message_id: sent.message_id },
      payload: { body: 'pass it on' },
      sender_id: ada.id,
    });
    const elsewhere = await cleo.direct(ben);
    for (const [targets, code] of [
      [[toBen, elsewhere], 'CHAT_NOT_FOUND'],
      [[toBen, crypto.randomUUID()], 'CHAT_NOT_FOUND'],
      [[], 'VALIDATION_ERROR'],
      [Array.from({ length: 21 }, () => crypto.randomUUID()), 'VALIDATION_ERROR'],
    ] as const) {
      expect(await ada.refused('POST', path, { target_chat_ids: targets })).toBe(code);
    }
    await cleo.do('POST', `/users/${ada.id}/block`);
    expect(await ada.refused('POST', path, { target_chat_ids: [toBen, toCleo] })).toBe('USER_BLOCKED');
    expect(await ben.reads(toBen)).toEqual(['pass it on']);
    expect(await ada.search('pass', toBen)).toEqual(['pass it on']);
    bens.close();
  });
});

describe('stars', () => {
  it('are the caller’s own, listed with the last one first, over pages', async () => {
    const { ada, ben, chat } = await three();
    const phone = await ada.socket('socket.io');
    const sent = [];
    for (let n = 0; n < 5; n++) sent.push(await ben.say(chat, `${n}`));
    for (const { message_id } of sent) await ada.do('POST', `/messages/${message_id}/star`);
    await ada.do('POST', `/messages/${sent[0]?.message_id}/star`);
    expect(await phone.next('message.starred')).toMatchObject({ chat_id: chat, is_starred: true });
    await ben.do('DELETE', `/messages/${sent[3]?.message_id}?for=everyone`);
    await ada.do('DELETE', `/messages/${sent[2]?.message_id}/star`);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/messages/starred?limit=2${cursor && `&cursor=${cursor}`}`;
      const page: OutputOf<'messages.starred'> = await ada.do('GET', path);
      for (const message of page.messages) {
        expect(message.is_starred).toBe(true);
        seen.push('body' in message.payload ? message.payload.body : '');
      }
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(['4', '1', '0']);
    const starred = (await ada.history(chat)).filter((each) => each.is_starred && !each.is_deleted);
    expect(starred).toHaveLength(3);
    expect((await ben.history(chat)).some((each) => each.is_starred)).toBe(false);
    phone.close();
  });
});

describe('disappearing messages', () => {
  it('are gone to the millisecond for readers, then emptied by a worker, and others stay', async () => {
    let now = Date.now();
    await using clocked = await startParley({}, { clock: { now: () => now } });
    const { ada, ben } = await cast(clocked, 'ada', 'ben');
    const chat = await ada.direct(ben);
    const bens = await ben.socket();
    await ada.say(chat, 'stays');
    await ben.do('PATCH', `/chats/${chat}/disappearing`, { auto_delete_seconds: 86_400 });
    expect((await bens.next('chat.updated')).changes).toEqual({ auto_delete_seconds: 86_400 });
    const sent = await ada.say(chat, 'vanishes tomorrow');
    expect(Date.parse(sent.expires_at ?? '') - Date.parse(sent.created_at)).toBe(86_400_000);
    await ada.say(chat, 'answer', { reply_to_message_id: sent.message_id });
    now = Date.parse(sent.expires_at ?? '') - 1;
    const again = await clocked.rest.signIn(ben.user.phone);
    ben.user.token = again.token;
    expect(await ben.reads(chat)).toEqual(['stays', 'vanishes tomorrow', 'answer']);
    expect((await ben.chat(chat)).unread_count).toBe(3);
    expect(await ben.search('vanishes')).toHaveLength(1);
    now += 1;
    expect((await ben.reads(chat)).slice(0, 2)).toEqual(['stays', '†']);
    expect(await ben.search('vanishes')).toEqual([]);
    expect(await ben.refused('POST', `/messages/${sent.message_id}/react`, { emoji: '👍' })).toBe(
      'NOT_FOUND',
    );
    now += 10;
    expect((await ben.chat(chat)).last_message?.preview).toBe('stays');
    expect((await ben.chat(chat)).unread_count).toBe(1);
    expect(JSON.stringify(await ben.history(chat))).not.toContain('vanishes');
    bens.close();
  });
});
