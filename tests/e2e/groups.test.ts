import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import { cast, type Person } from '../support/people.ts';

let parley: TestParley;
/** A further instance; single processes share their stores, but no events. */
let second: TestParley;
/** Where the other half of calls goes whose events are waited for. */
let elsewhere: TestParley;
beforeAll(async () => {
  parley = await startParley();
  second = await parley.another();
  elsewhere = inject('engines') === 'distributed' ? second : parley;
});
afterAll(async () => {
  await second[Symbol.asyncDispose]();
  await parley[Symbol.asyncDispose]();
});

/** A group of Ada's with Ben and Cleo in it, and Dan outside. */
async function group() {
  const people = await cast(parley, 'ada', 'ben', 'cleo', 'dan');
  const { chat_id: chat } = await people.ada.group('Lake', people.ben, people.cleo);
  return { ...people, chat };
}
const add = (by: Person, chat: string, ...who: Person[]) =>
  by.do<{ added: string[]; already_members: string[] }>('POST', `/chats/${chat}/participants`, {
    user_ids: who.map((each) => each.id),
  });
const remove = (by: Person, chat: string, who: Person) =>
  by.do('DELETE', `/chats/${chat}/participants/${who.id}`);
const role = (by: Person, chat: string, who: Person, value: 'admin' | 'member') =>
  by.do('PATCH', `/chats/${chat}/participants/${who.id}/role`, { role: value });

describe('a new group', () => {
  it('has its maker as admin and everybody else as member, and says so first', async () => {
    const { ada, ben, cleo, chat } = await group();
    const seen = await ben.chat(chat);
    expect(seen).toMatchObject({ type: 'group', name: 'Lake', is_member: true, participant: null });
    const roles = seen.participants.map((each) => [each.user_id, each.role]);
    expect(new Set(roles.map(String))).toEqual(
      new Set([`${ada.id},admin`, `${ben.id},member`, `${cleo.id},member`]),
    );
    const [first] = await cleo.history(chat);
    expect(first).toMatchObject({
      seq: 1,
      type: 'system',
      sender_id: ada.id,
      payload: { action: 'group_created', name: 'Lake', body: 'ada created the group “Lake”' },
    });
    expect((await ben.chats()).find((each) => each.chat_id === chat)?.unread_count).toBe(0);
  });

  it('is told to all members on their sockets, with their own counter', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const sockets = await Promise.all([ada.socket(), ben.socket('socket.io'), cleo.socket()]);
    const { chat_id } = await ada.group('Told', ben, cleo);
    for (const socket of sockets) {
      const created = await socket.next('chat.created');
      expect(created).toMatchObject({ chat_id, type: 'group', name: 'Told', state_version: 1 });
      expect(created.user_version).toBeGreaterThan(0);
      expect(created.participants).toHaveLength(3);
      expect((await socket.next('message.new')).payload.action).toBe('group_created');
      socket.close();
    }
  });

  it('is not made with people who do not exist, with nobody, or with too many', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const make = (participant_ids: string[], name = 'x') =>
      ada.refused('POST', '/chats', { type: 'group', name, participant_ids });
    expect(await make([ben.id, crypto.randomUUID()])).toBe('NOT_FOUND');
    expect(await make([])).toBe('VALIDATION_ERROR');
    expect(await make([ada.id])).toBe('VALIDATION_ERROR');
    expect(await make([ben.id], '')).toBe('VALIDATION_ERROR');
    expect(await make(Array.from({ length: 256 }, () => crypto.randomUUID()))).toBe('VALIDATION_ERROR');
    expect(await ada.chats()).toEqual([]);
    expect(await ben.chats()).toEqual([]);
  });
});

describe('history', () => {
  it('begins for who joins later with the joining, and ends for who is removed with the removal', async () => {
    const { ada, ben, dan, chat } = await group();
    await ada.say(chat, 'before dan');
    expect(await add(ada, chat, dan, ben)).toEqual({ added: [dan.id], already_members: [ben.id] });
    await ada.say(chat, 'with dan');
    expect(await dan.reads(chat)).toEqual(['ada added dan', 'with dan']);
    await remove(ada, chat, dan);
    await ada.say(chat, 'after dan');
    expect(await dan.reads(chat)).toEqual(['ada added dan', 'with dan']);
    expect(await ben.reads(chat)).toEqual([
      'ada created the group “Lake”',
      'before dan',
      'ada added dan',
      'with dan',
      'ada removed dan',
      'after dan',
    ]);
    const gone = await dan.chat(chat);
    expect(gone).toMatchObject({ is_member: false, participants: [], unread_count: 1 });
    expect(gone.last_message?.preview).toBe('with dan');
    expect((await dan.chats()).map((each) => each.is_member)).toEqual([false]);
    expect(await dan.refused('POST', `/chats/${chat}/messages`, {})).toBe('VALIDATION_ERROR');
    await expect(dan.say(chat, 'hello?')).rejects.toThrow('NOT_CHAT_MEMBER');
    // Back again: from the new joining on.
    await add(ada, chat, dan);
    await ben.say(chat, 'welcome back');
    expect((await dan.reads(chat)).slice(-2)).toEqual(['ada added dan', 'welcome back']);
    expect(await dan.reads(chat)).not.toContain('after dan');
  });

  it('tells the removed one, and then nothing more, on any instance', async () => {
    const { ada, ben, cleo, chat } = await group();
    const bens = await ben.socket();
    const cleos = await cleo.socket('socket.io');
    await elsewhere.rest.call('GET', `/chats/${chat}/messages`, { token: ada.user.token });
    await remove(ada, chat, ben);
    expect(await bens.next('group.member.removed')).toMatchObject({ chat_id: chat, user_id: ben.id });
    expect(await cleos.next('group.member.removed')).not.toHaveProperty('user_version');
    // The other instance knows at once as well.
    await elsewhere.rest.call('POST', `/chats/${chat}/messages`, {
      token: ada.user.token,
      body: { client_msg_id: crypto.randomUUID(), type: 'text', payload: { body: 'without ben' } },
    });
    await cleos.next('message.new', (data) => data.payload.body === 'without ben');
    cleos.emit('typing.start', { chat_id: chat });
    await parley.settled();
    await bens.ask('ping', {});
    const after = bens.received.slice(
      bens.received.findIndex((frame) => frame.event === 'group.member.removed') + 1,
    );
    expect(after.filter((frame) => frame.event !== 'pong')).toEqual([]);
    expect((await bens.ask('typing.start', { chat_id: chat })).data.reason).toBe('NOT_CHAT_MEMBER');
    for (const socket of [bens, cleos]) socket.close();
  });
});

describe('who comes and goes while people talk', () => {
  /** Sends without a pause until told to stop. */
  function chatter(by: Person, chat: string) {
    let talking = true;
    const done = (async () => {
      for (let n = 0; talking; n++) await by.say(chat, `${by.name} ${n}`);
    })();
    return async () => {
      talking = false;
      await done;
    };
  }

  it('sees nothing from before it joined, at no moment, over the socket or in history', async () => {
    const { ada, ben, cleo, dan, chat } = await group();
    const dans = await dan.socket();
    const stops = [ada, ben, cleo].map((who) => chatter(who, chat));
    const seen = new Set<string>();
    const adding = add(ada, chat, dan);
    let added = false;
    void adding.then(() => {
      added = true;
    });
    for (let more = 3; more > 0; more -= added ? 1 : 0) {
      const answer = await parley.rest.call<{ messages: { message_id: string }[] }>(
        'GET',
        `/chats/${chat}/messages?limit=100`,
        { token: dan.user.token },
      );
      if (answer.status === 200) for (const message of answer.data.messages) seen.add(message.message_id);
    }
    await Promise.all(stops.map((stop) => stop()));
    await parley.settled();
    await dans.ask('ping', {});
    const mine = new Set((await dan.history(chat)).map((message) => message.message_id));
    const told = dans.received.flatMap((frame) =>
      frame.event === 'message.new' ? frame.data.message_id : [],
    );
    expect([...seen].filter((id) => !mine.has(id))).toEqual([]);
    expect(told.filter((id) => !mine.has(id))).toEqual([]);
    expect((await dan.reads(chat))[0]).toBe('ada added dan');
    dans.close();
  });

  it('hears of the chat again at once when it is added again', async () => {
    const { ada, ben, chat } = await group();
    const bens = await ben.socket('socket.io');
    await remove(ada, chat, ben);
    await bens.next('group.member.removed');
    await add(ada, chat, ben);
    await bens.next('group.member.added', (data) => data.user_id === ben.id);
    await ada.say(chat, 'there you are');
    await bens.next('message.new', (data) => data.payload.action === 'members_added');
    await bens.next('message.new', (data) => data.payload.body === 'there you are');
    bens.close();
  });

  it('may still read what it saw, which its other devices hear of', async () => {
    const { ada, ben, chat } = await group();
    const last = await ada.say(chat, 'the last that ben sees');
    const tablet = await ben.socket('socket.io');
    await remove(ada, chat, ben);
    await tablet.next('group.member.removed');
    expect(await ben.read(chat, last)).toEqual({ unread_count: 0 });
    const status = await tablet.next('message.status');
    expect(status).toMatchObject({ chat_id: chat, user_id: ben.id, status: 'read', up_to_seq: last.seq });
    tablet.close();
  });

  it('keeps the group as it was when it left', async () => {
    const { ada, ben, chat } = await group();
    await remove(ada, chat, ben);
    const left = await ben.chat(chat);
    await ada.do('PATCH', `/chats/${chat}`, { name: 'Secret', description: 'hush', is_admin_only: true });
    await ada.say(chat, 'news');
    expect(await ben.chat(chat)).toEqual(left);
    expect(left).toMatchObject({ name: 'Lake', is_member: false });
    const [listed] = await ben.chats();
    expect(listed).toMatchObject({ name: 'Lake', version: left.version, state_version: left.state_version });
    await add(ada, chat, ben);
    expect(await ben.chat(chat)).toMatchObject({ name: 'Secret', is_member: true });
  });
});

describe('the last admin', () => {
  it('can neither leave nor be demoted before another one is promoted', async () => {
    const { ada, ben, chat } = await group();
    const leave = `/chats/${chat}/participants/${ada.id}`;
    expect(await ada.refused('DELETE', leave)).toBe('LAST_ADMIN');
    expect(await ada.refused('PATCH', `${leave}/role`, { role: 'member' })).toBe('LAST_ADMIN');
    await role(ada, chat, ben, 'admin');
    await role(ben, chat, ada, 'member');
    expect(await ada.refused('DELETE', `/chats/${chat}/participants/${ben.id}`)).toBe('NOT_ADMIN');
    await remove(ada, chat, ada);
    expect((await ben.chat(chat)).participants.map((each) => each.user_id)).not.toContain(ada.id);
  });

  it('may leave when nobody else is left', async () => {
    const { ada, ben, cleo, chat } = await group();
    await remove(ben, chat, ben);
    await remove(ada, chat, cleo);
    await remove(ada, chat, ada);
    expect((await ada.chat(chat)).is_member).toBe(false);
  });

  it('is there whoever leaves and demotes whom at the same time, on two instances', async () => {
    for (let round = 0; round < 5; round++) {
      const { ada, ben, cleo, chat } = await group();
      await role(ada, chat, ben, 'admin');
      const on = (where: TestParley, by: Person, method: string, who: Person, body?: unknown) =>
        where.rest.call(
          method,
          `/chats/${chat}/participants/${who.id}${body ? '/role' : ''}`,
          body ? { token: by.user.token, body } : { token: by.user.token },
        );
      const answers = await Promise.all([
        on(parley, ada, 'DELETE', ada),
        on(second, ben, 'PATCH', ben, { role: 'member' }),
        on(second, ada, 'PATCH', ben, { role: 'member' }),
        on(parley, ben, 'PATCH', ada, { role: 'member' }),
      ]);
      expect(answers.some((answer) => answer.status === 200)).toBe(true);
      const roles = (await cleo.chat(chat)).participants.map((each) => each.role);
      expect(roles).toContain('admin');
    }
  });
});

describe('settings', () => {
  it('are changed by admins, told to all, and a new name is written into the chat', async () => {
    const { ada, ben, chat } = await group();
    const bens = await ben.socket();
    await ada.do('PATCH', `/chats/${chat}`, { name: 'Sea', description: 'swim' });
    expect(await bens.next('chat.updated')).toMatchObject({
      chat_id: chat,
      changes: { name: 'Sea', description: 'swim' },
      state_version: 2,
    });
    expect((await ben.reads(chat)).at(-1)).toBe('ada renamed the group to “Sea”');
    await ada.do('PATCH', `/chats/${chat}`, { is_admin_only: true });
    await bens.next('chat.updated', (data) => data.changes.is_admin_only);
    await expect(ben.say(chat, 'may I?')).rejects.toThrow('NOT_ADMIN');
    await ada.say(chat, 'I may');
    await role(ada, chat, ben, 'admin');
    await bens.next('chat.updated', (data) => data.changes.roles?.[ben.id] === 'admin');
    await ben.say(chat, 'now I may');
    // The same again changes nothing.
    const before = (await ben.chat(chat)).state_version;
    await ada.do('PATCH', `/chats/${chat}`, { name: 'Sea', is_admin_only: true });
    expect((await ben.chat(chat)).state_version).toBe(before);
    bens.close();
  });

  it('number every change without holes, also many at once on two instances', async () => {
    const { ada, chat } = await group();
    const adas = await ada.socket();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? parley : elsewhere).rest.call('PATCH', `/chats/${chat}`, {
          token: ada.user.token,
          body: { description: `${n}` },
        }),
      ),
    );
    await parley.settled();
    await second.settled();
    expect((await ada.chat(chat)).state_version).toBe(21);
    await adas.next('chat.updated', (data) => data.state_version === 21);
    const numbers = adas.received.flatMap((frame) =>
      frame.event === 'chat.updated' ? frame.data.state_version : [],
    );
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2));
    adas.close();
  });

  it('a group is full with 256', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const people = await Promise.all(Array.from({ length: 255 }, () => parley.user()));
    const ids = people.map((user) => user.id);
    const body = { type: 'group', name: 'Full', participant_ids: ids };
    const { chat_id } = await ada.do<{ chat_id: string }>('POST', '/chats', body);
    expect(await ada.refused('POST', `/chats/${chat_id}/participants`, { user_ids: [ben.id] })).toBe(
      'CONFLICT',
    );
    expect((await ada.chat(chat_id)).participants).toHaveLength(256);
  });
});
