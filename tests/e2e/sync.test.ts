/** Exact sync on every wire (contract section 2, Sync). Random histories are in sync-model.test.ts. */
import { randomUUID } from 'node:crypto';
import { limits, type SyncChat, type SyncInput, type SyncResult } from '@parley/contract';
import { expandOutbox } from '@parley/core';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startParley, type TestParley } from '../support/parley.ts';
import { cast, type Person } from '../support/people.ts';

let parley: TestParley;
beforeAll(async () => {
  parley = await startParley();
});
afterAll(() => parley[Symbol.asyncDispose]());

const sync = (who: Person, body: SyncInput) => who.do<SyncResult>('POST', '/sync', body);
const only = ({ chats }: SyncResult): SyncChat => {
  expect(chats).toHaveLength(1);
  return chats[0] as SyncChat;
};
const heldOf = ({ chats }: SyncResult): SyncInput['chats'] =>
  Object.fromEntries(
    chats.map(({ chat_id, version, state_version }) => [chat_id, { version, state_version }]),
  );
/** Everything there is, as a client that is up to date has told it. */
async function upToDate(who: Person): Promise<{ user: number; chats: NonNullable<SyncInput['chats']> }> {
  let held: { user: number; chats: NonNullable<SyncInput['chats']> } = { user: 0, chats: {} };
  for (;;) {
    const page = await sync(who, held);
    held = { user: page.user.version, chats: { ...held.chats, ...heldOf(page) } };
    if (!page.has_more) return held;
  }
}
const bodies = (chat: SyncChat) =>
  chat.messages.map(({ payload }) => ('body' in payload ? payload.body : ''));
const sql = async <R extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<R[]> => {
  const client = new pg.Client({ connectionString: parley.databaseUrl });
  await client.connect();
  const { rows } = await client.query<R>(text, values);
  await client.end();
  return rows;
};

describe('sync', () => {
  it('is the same over REST, tRPC and both sockets', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const chat = await ada.direct(ben);
    await ada.say(chat, 'one');
    const input = { chats: { [chat.toUpperCase()]: { version: 0, state_version: 0 } }, limit: 10 };
    const rest = await sync(ben, input);
    expect(only(rest)).toMatchObject({ chat_id: chat, version: 1, state_version: 1, reset: false });
    const response = await fetch(`${parley.url}/trpc/sync.changes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ben.user.token}` },
      body: JSON.stringify(input),
    });
    const trpc = (await response.json()) as { result: { data: SyncResult } };
    expect(trpc.result.data).toEqual(rest);
    for (const kind of ['raw', 'socket.io'] as const) {
      const socket = await ben.socket(kind);
      const answer = await socket.ask('sync', input);
      expect(answer).toMatchObject({ event: 'sync', data: rest });
      socket.close();
    }
  });

  it('begins with everything: a new chat with its newest messages and all participants', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const chat = await ada.direct(ben);
    for (let n = 1; n <= limits.syncFirst + 3; n++) await ada.say(chat, `${n}`);
    const first = await sync(ben, {});
    expect(first.user.reset).toBe(true);
    expect(first.user.changes.map(({ kind }) => kind)).toEqual(['privacy', 'profile', 'chat']);
    const told = only(first);
    expect(told).toMatchObject({ reset: true, removed: false, version: 23 });
    expect(bodies(told)).toEqual(Array.from({ length: 20 }, (_, n) => `${n + 4}`));
    expect(told.participants.map(({ user_id }) => user_id).sort()).toEqual([ada.id, ben.id].sort());
    expect(told.chat).toEqual((await ben.chats())[0]);
    const held = { user: first.user.version, chats: heldOf(first) };
    expect(await sync(ben, held)).toEqual({
      user: { version: first.user.version, reset: false, changes: [] },
      chats: [],
      has_more: false,
    });
    // A client that names the chat is told only what is newer, though it begins with the user's own things.
    const named = await sync(ben, { chats: { [chat]: { version: 22, state_version: 1 } } });
    expect(only(named)).toMatchObject({ reset: false, participants: [] });
    expect(bodies(only(named))).toEqual(['23']);
  });

  it('begins again with numbers that are not the server’s', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const chat = await ada.direct(ben);
    await ada.say(chat, 'one');
    const held = await upToDate(ben);
    const { version, state_version } = held.chats[chat] as { version: number; state_version: number };
    const future = await sync(ben, { ...held, user: held.user + 1 });
    expect(future.user).toMatchObject({ reset: true, version: held.user });
    for (const numbers of [
      { version: version + 1, state_version },
      { version, state_version: state_version + 1 },
    ]) {
      const told = only(await sync(ben, { ...held, chats: { [chat]: numbers } }));
      expect(told).toMatchObject({ reset: true, version, state_version });
      expect(bodies(told)).toEqual(['one']);
      expect(told.participants).toHaveLength(2);
    }
  });

  it('cuts pages at numbers', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const chat = await ada.direct(ben);
    const held = await upToDate(ben);
    for (let n = 1; n <= 25; n++) await ada.say(chat, `${n}`);
    const seen: string[] = [];
    let { chats } = held;
    for (let pages = 1; ; pages++) {
      const page = await sync(ben, { ...held, chats, limit: 10 });
      const told = only(page);
      expect(told.messages.length).toBeLessThanOrEqual(10);
      expect(told.version).toBe(told.messages.at(-1)?.version);
      expect(told.chat).toMatchObject({ version: told.version, state_version: told.state_version });
      seen.push(...bodies(told));
      chats = { ...chats, ...heldOf(page) };
      if (!page.has_more) {
        expect(pages).toBe(3);
        break;
      }
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => `${n + 1}`));
    await ada.do('POST', `/users/${ben.id}/block`);
    const own: number[] = [];
    let user = 0;
    for (let more = true; more; ) {
      const page = await sync(ada, { user, chats: {}, limit: 1 });
      more = page.has_more;
      user = page.user.version;
      own.push(...page.user.changes.filter((each) => each.version > 0).map((each) => each.version));
    }
    expect(own).toEqual([1, 2, 3]);
  });

  it('tells who was removed once, and nothing that came later', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const { chat_id } = await ada.group('Lake', ben, cleo);
    const said = await ada.say(chat_id, 'before');
    const held = await upToDate(ben);
    await ada.say(chat_id, 'missed');
    await ada.do('DELETE', `/chats/${chat_id}/participants/${ben.id}`);
    await ada.say(chat_id, 'after');
    await ada.do('PATCH', `/messages/${said.message_id}`, { payload: { body: 'edited after' } });
    await ada.do('PATCH', `/chats/${chat_id}`, { name: 'Sea' });
    const page = await sync(ben, held);
    expect(page.user.changes).toMatchObject([{ kind: 'chat', chat_id }]);
    const told = only(page);
    expect(told).toMatchObject({ removed: true, reset: false, participants: [] });
    expect(told.chat).toMatchObject({ name: 'Lake', is_member: false, version: told.version });
    expect(bodies(told)).toEqual(['missed']);
    const after = { user: page.user.version, chats: heldOf(page) };
    expect((await sync(ben, after)).chats).toEqual([]);
    await ada.say(chat_id, 'much later');
    expect((await sync(ben, after)).chats).toEqual([]);
    // Another device of his begins with what he may see.
    const fresh = (await sync(ben, {})).chats.find((each) => each.chat_id === chat_id);
    expect(fresh).toMatchObject({ removed: true, reset: true, version: told.version });
    expect(fresh && bodies(fresh)).not.toContain('edited after');
    expect((await sync(cleo, {})).chats[0]).toMatchObject({ removed: false, chat: { name: 'Sea' } });
  });

  it('begins anew with who was added again', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const { chat_id } = await ada.group('Lake', ben, cleo);
    await ada.say(chat_id, 'old');
    const held = await upToDate(ben);
    await ada.do('DELETE', `/chats/${chat_id}/participants/${ben.id}`);
    await ada.say(chat_id, 'while away');
    await ada.do('POST', `/chats/${chat_id}/participants`, { user_ids: [ben.id] });
    await ada.say(chat_id, 'new');
    const page = await sync(ben, held);
    const told = only(page);
    expect(told).toMatchObject({ removed: false, reset: true });
    expect(told.messages.map(({ type }) => type)).toEqual(['system', 'text']);
    expect(told.participants.map(({ user_id }) => user_id).sort()).toEqual([ada.id, ben.id, cleo.id].sort());
    // The same where the chat alone is looked at.
    const alone = await sync(ben, { user: page.user.version, chats: held.chats });
    expect(only(alone)).toEqual(told);
    expect((await sync(ben, { user: page.user.version, chats: heldOf(page) })).chats).toEqual([]);
  });

  it('says of a chat that is not the caller’s what it says of none', async () => {
    const { ada, ben, eve } = await cast(parley, 'ada', 'ben', 'eve');
    const chat = await ada.direct(ben);
    const none = randomUUID();
    const ask = { version: 1, state_version: 1 };
    const { chats } = await sync(eve, { user: 1, chats: { [chat]: ask, [none]: ask } });
    const nothing = { version: 0, state_version: 0, reset: true, removed: true, chat: null };
    expect(chats).toEqual(
      [chat, none].map((chat_id) => ({ chat_id, ...nothing, participants: [], messages: [] })),
    );
  });

  it('keeps private reads private', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const chat = await ada.direct(ben);
    const said = await ada.say(chat, 'one');
    await ben.do('PUT', '/users/me/privacy', { read_receipts: false });
    const held = await upToDate(ada);
    await ben.read(chat, said);
    const told = only(await sync(ada, held));
    expect(told.state_version).toBe(2);
    expect(told.participants).toMatchObject([{ user_id: ben.id, delivered_seq: 1, read_seq: 0 }]);
    const own = (await sync(ben, { chats: { [chat]: { version: 1, state_version: 1 } } })).chats[0];
    expect(own?.participants).toMatchObject([{ user_id: ben.id, delivered_seq: 1, read_seq: 1 }]);
    // A read of what was delivered before shows no difference to that.
    const more = await ada.say(chat, 'two');
    const socket = await ben.socket();
    await socket.ask('message.delivered', { message_ids: [more.message_id] });
    socket.close();
    const delivered = only(
      await sync(ada, await upToDate(ada).then((now) => ({ ...now, chats: held.chats }))),
    );
    await ben.read(chat, more);
    const read = only(await sync(ada, { user: held.user, chats: held.chats }));
    expect(read.participants).toEqual(delivered.participants);
    expect(read.state_version).toBe(delivered.state_version + 1);
  });

  it('waits with what is not known yet: whose window begins or ends where', async () => {
    const { ada, ben, cleo } = await cast(parley, 'ada', 'ben', 'cleo');
    const { chat_id } = await ada.group('Lake', ben);
    await ada.do('POST', `/chats/${chat_id}/participants`, { user_ids: [cleo.id] });
    const settle = (is: boolean) =>
      sql('UPDATE chat_participants SET is_join_settled = $3 WHERE chat_id = $1 AND user_id = $2', [
        chat_id,
        cleo.id,
        is,
      ]);
    await settle(false);
    const first = await sync(ada, {});
    const told = only(first);
    expect(told.state_version).toBe(1);
    expect(told.participants.map(({ user_id }) => user_id).sort()).toEqual([ada.id, ben.id].sort());
    const numbers = { version: told.version, state_version: told.state_version };
    const held = { user: first.user.version, chats: { [chat_id]: numbers } };
    // Nothing is told twice while it waits.
    expect(await sync(ada, held)).toMatchObject({ chats: [], has_more: false });
    const own = only(await sync(cleo, {}));
    expect(own).toMatchObject({ version: 0, state_version: 0, reset: true, removed: false, messages: [] });
    const ownAgain = await sync(cleo, { user: 2, chats: { [chat_id]: { version: 0, state_version: 0 } } });
    expect([only(ownAgain).reset, ownAgain.has_more]).toEqual([true, false]);
    await settle(true);
    const { participants } = only(await sync(ada, held));
    expect(participants).toMatchObject([{ user_id: cleo.id, is_member: true }]);
    const begun = only(await sync(cleo, { user: 2, chats: { [chat_id]: { version: 0, state_version: 0 } } }));
    expect(begun).toMatchObject({ reset: true, state_version: 2 });
    expect(begun.messages.map(({ type }) => type)).toEqual(['system']);
  });

  it('goes on when the message of a removal was stored too late', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const { chat_id } = await ada.group('Lake', ben);
    // The group's own message is stored: the next one is that of the removal.
    await parley.settled();
    const { core } = parley.runtimes.at(-1) as (typeof parley.runtimes)[number];
    const add = vi.spyOn(core.sendQueue, 'add').mockRejectedValueOnce(new Error('a crash'));
    await ada.do('DELETE', `/chats/${chat_id}/participants/${ben.id}`);
    expect(add).toHaveBeenCalledOnce();
    add.mockRestore();
    const [row] = await sql<{ id: string; payload: unknown }>(
      "SELECT id, payload FROM outbox WHERE subject = 'chat.system' AND payload -> 'message' ->> 'chat_id' = $1",
      [chat_id],
    );
    const numbers = (page: SyncResult) => page.chats.map((each) => each.state_version);
    expect(numbers(await sync(ada, {}))).toEqual([1]);
    await expandOutbox(core, { id: row?.id ?? '', subject: 'chat.system', payload: row?.payload });
    expect(numbers(await sync(ada, {}))).toEqual([2]);
    expect(numbers(await sync(ben, {}))).toEqual([2]);
  });

  it('refuses what it cannot read, and takes as much as the contract says', async () => {
    const { ada } = await cast(parley, 'ada');
    const many = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, () => [randomUUID(), { version: 0, state_version: 0 }]),
      );
    const bad: unknown[] = [
      { limit: 0 },
      { limit: limits.syncPage.max + 1 },
      { user: -1 },
      { user: 1.5 },
      { chats: [] },
      { chats: { lake: { version: 0, state_version: 0 } } },
      { chats: { [randomUUID()]: { version: -1, state_version: 0 } } },
      { chats: { [randomUUID()]: { version: 1 } } },
      { chats: many(limits.syncChats + 1) },
    ];
    for (const body of bad) expect(await ada.refused('POST', '/sync', body)).toBe('VALIDATION_ERROR');
    const most = { user: 1, chats: many(limits.syncChats) };
    expect(JSON.stringify(most).length).toBeGreaterThan(limits.jsonBody);
    expect((await sync(ada, most)).chats).toHaveLength(limits.syncChats);
    const large = { pad: 'x'.repeat(limits.syncBody) };
    expect(await ada.refused('POST', '/sync', large)).toBe('PAYLOAD_TOO_LARGE');
    const post = (procedure: string, body: unknown) =>
      fetch(`${parley.url}/trpc/${procedure}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.user.token}` },
        body: JSON.stringify(body),
      });
    expect((await post('sync.changes', most)).status).toBe(200);
    expect((await post('sync.changes', large)).status).toBe(413);
    const other = { display_name: 'Ada', pad: 'x'.repeat(limits.jsonBody) };
    expect((await post('users.updateMe', other)).status).toBe(413);
    expect(await ada.refused('PATCH', '/users/me', other)).toBe('PAYLOAD_TOO_LARGE');
  });

  it.each(['raw', 'socket.io'] as const)(
    'answers a %s in pieces that fit',
    { timeout: 60_000 },
    async (kind) => {
      const { ada, ben } = await cast(parley, 'ada', 'ben');
      const chat = await ada.direct(ben);
      const held = await upToDate(ben);
      for (let n = 0; n < 60; n++) await ada.say(chat, '👋'.repeat(limits.messageBody));
      const socket = await ben.socket(kind);
      let chats = held.chats;
      let seen = 0;
      for (let more = true; more; ) {
        const { data } = await socket.ask('sync', { user: held.user, chats, limit: 500 });
        const page = data as SyncResult;
        expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(256 * 1024);
        seen += only(page).messages.length;
        chats = heldOf(page) ?? {};
        more = page.has_more;
      }
      expect(seen).toBe(60);
      expect(await socket.ask('ping', {})).toBeTruthy();
      socket.close();
      expect(only(await sync(ben, { ...held, limit: 500 })).messages).toHaveLength(60);
    },
  );

  it('is told of by message.sent: the version that the message has', async () => {
    const { ada, ben } = await cast(parley, 'ada', 'ben');
    const chat = await ada.direct(ben);
    for (const kind of ['raw', 'socket.io'] as const) {
      const socket = await ada.socket(kind);
      const { message_id, version } = await socket.send(chat, 'hello');
      socket.close();
      const { messages } = only(
        await sync(ada, { user: 2, chats: { [chat]: { version: 0, state_version: 1 } } }),
      );
      expect(messages.find((each) => each.message_id === message_id)?.version).toBe(version);
    }
  });
});
