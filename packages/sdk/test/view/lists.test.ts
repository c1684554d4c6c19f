// The list of chats, views without a live connection, and what is kept of views that nobody shows.
import { randomUUID } from 'node:crypto';
import type { ChatSummary, SyncInput, SyncResult } from '@parley/contract';
import { describe, expect, test } from 'vitest';
import type { ParleyClient } from '../../src/index.ts';
import { converged, startWorld, until, type World } from '../support/chat-world.ts';
import { signedIn, startServer } from '../support/client.ts';

const text = (body: string) => ({ type: 'text' as const, payload: { body } });

describe('the list', () => {
  /** A server with so many chats, each a minute older than the one before, which it tells page by page. */
  async function manyChats(world: World, count: number): Promise<ChatSummary[]> {
    const summary = world.model.summary();
    const last = {
      sender_id: world.model.me,
      type: 'text' as const,
      preview: 'hello',
      timestamp: summary.created_at,
    };
    const chats = Array.from({ length: count }, (_, at) => ({
      ...summary,
      chat_id: randomUUID(),
      name: `chat ${at}`,
      unread_count: at % 3,
      last_message: { ...last, message_id: randomUUID() },
      updated_at: new Date(Date.parse(summary.updated_at) - at * 60_000).toISOString(),
    }));
    const sync = ({ user = 0, chats: named = {} }: SyncInput): SyncResult => {
      const end = Math.min(chats.length, user + 20);
      const told = chats.filter(({ chat_id, state_version }, at) => {
        const held = named[chat_id];
        return held ? held.state_version < state_version : at >= user && at < end;
      });
      return {
        user: {
          version: end,
          reset: user === 0,
          changes: chats
            .slice(user, end)
            .map(({ chat_id }, at) => ({ kind: 'chat', version: user + at + 1, chat_id })),
        },
        chats: told.map((chat) => ({
          chat_id: chat.chat_id,
          version: chat.version,
          state_version: chat.state_version,
          reset: !named[chat.chat_id],
          removed: false,
          chat,
          participants: [],
          messages: [],
        })),
        has_more: end < chats.length,
      };
    };
    world.server.overrides['sync.changes'] = (input) => sync(input as SyncInput);
    world.server.onEvent = (event, data) =>
      event === 'sync' ? { ok: true, data: sync(data as SyncInput) } : undefined;
    return chats;
  }

  const names = (client: ParleyClient) => client.chats.all.map(({ name }) => name);

  test('is all there once it was loaded: pinned first, then by activity, with exact totals', async () => {
    const world = await startWorld();
    const { client } = world;
    const chats = await manyChats(world, 45);
    Object.assign(chats[30] ?? {}, { is_pinned: true });
    Object.assign(chats[2] ?? {}, { is_muted: true });
    expect(client.chats.hasMore).toBe(false);
    const seen: boolean[] = [];
    client.chats.subscribe(() => seen.push(client.chats.hasMore));
    await client.chats.load();
    await Promise.resolve();
    expect(names(client).slice(0, 3)).toEqual(['chat 30', 'chat 0', 'chat 1']);
    expect([client.chats.all.length, client.chats.hasMore]).toEqual([45, false]);
    expect(client.chats.unread).toBe(45 - 2);
    expect([seen[0], seen.at(-1)]).toEqual([true, false]);
  });

  test('is synced with each connection, and moves with events', async () => {
    const world = await startWorld();
    const { client, server } = world;
    const chats = await manyChats(world, 45);
    await client.chats.load();
    Object.assign(chats[25] ?? {}, { name: 'renamed', state_version: 7 });
    await client.realtime.connect();
    await client.settled();
    expect(names(client)[25]).toBe('renamed');
    const pinned = chats[39]?.chat_id ?? '';
    server.broadcast('chat.updated', { chat_id: pinned, changes: { is_pinned: true }, user_version: 46 });
    await until(() => expect(names(client)[0]).toBe('chat 39'));
  });

  test('has a chat that it hears of for the first time', async () => {
    const world = await startWorld();
    const { client, server } = world;
    const chats = await manyChats(world, 20);
    await client.chats.load();
    await client.realtime.connect();
    await client.settled();
    const next = { ...(chats[0] as ChatSummary), chat_id: randomUUID(), name: 'new' };
    chats.push({ ...next, updated_at: '2026-09-01T00:00:00.000Z' } as (typeof chats)[number]);
    const { chat_id, name, type } = next;
    const data = { chat_id, type, name, participants: [], state_version: 1, user_version: 21 };
    server.broadcast('chat.created', data);
    await until(() => expect(names(client)[0]).toBe('new'));
    expect(client.chats.all).toHaveLength(21);
  });

  test('asks for nothing that nobody asked for', async () => {
    const { client, model, tell, calls, chatId } = await startWorld();
    client.messages(chatId);
    await client.realtime.connect();
    model.send(model.everyone[1] ?? '', 'hello');
    tell();
    const heard = new Promise((resolve) => client.realtime.on('message.new', resolve));
    model.send(model.everyone[1] ?? '', 'hello');
    tell();
    await heard;
    await client.settled();
    expect([calls.get('chats.get'), calls.get('chats.list'), calls.get('messages.list')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(client.chats.all).toEqual([]);
  });
});

describe('without a live connection', () => {
  test('views have pages, and what one does oneself', async () => {
    const world = await startWorld();
    const { client, model, chatId } = world;
    const other = model.everyone[1] ?? '';
    for (let at = 0; at < 3; at++) model.send(other, `hello ${at}`);
    const view = client.messages(chatId);
    await Promise.all([client.chats.load(), view.load()]);
    await converged(world);
    const sending = [view.send(text('one')), view.send(text('two'))];
    expect(view.all.slice(-2)).toMatchObject([{ status: 'pending' }, { status: 'pending' }]);
    await Promise.all(sending);
    await converged(world);
    expect(view.all.slice(-2)).toMatchObject([{ payload: { body: 'one' } }, { payload: { body: 'two' } }]);
    await view.markRead();
    await converged(world);
    expect(client.chats.find(chatId)?.unread_count).toBe(0);
    // What others do shows with the next load.
    model.send(other, 'later');
    await view.load();
    await converged(world);
  });

  test('a call of one’s own shows as if it had been told', async () => {
    const world = await startWorld();
    const { client, model, chatId, server } = world;
    model.send(model.everyone[1] ?? '', 'hello');
    await client.messages(chatId).load();
    server.overrides['messages.star'] = () => {
      model.star(0);
      return { message_id: model.messages[0]?.message_id, is_starred: true };
    };
    await client.messages.star({ id: model.messages[0]?.message_id ?? '' });
    await converged(world);
    expect(client.messages(chatId).all[0]).toMatchObject({ is_starred: true });
  });

  test('a chat that is not one’s own rejects, and shows nothing', async () => {
    const { client } = await startWorld();
    const view = client.messages(randomUUID());
    await expect(view.load()).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
    expect([view.all, view.chat, view.participants, view.hasOlder]).toEqual([[], null, [], false]);
  });
});

describe('a view', () => {
  test('is the same one each time, and loads older pages to the beginning', async () => {
    const world = await startWorld();
    const { client, model, chatId } = world;
    for (let at = 0; at < 120; at++) model.send(model.everyone[1] ?? '', `hello ${at}`);
    const view = client.messages(chatId);
    expect(client.messages(chatId.toUpperCase())).toBe(view);
    await view.load();
    expect([view.all.length, view.hasOlder]).toEqual([50, true]);
    await Promise.all([view.loadOlder(), view.loadOlder(), view.loadOlder()]);
    expect([view.all.length, view.hasOlder]).toEqual([120, false]);
    await converged(world);
    expect(client.chats.find(chatId)?.unread_count).toBe(120);
  });

  test('that is released keeps its newest messages, and goes on from there', async () => {
    const world = await startWorld();
    const { client, model, chatId, tell } = world;
    for (let at = 0; at < 320; at++) model.send(model.everyone[1] ?? '', `hello ${at}`);
    model.told.length = 0;
    await client.realtime.connect();
    const view = client.messages(chatId);
    await view.load();
    while (view.hasOlder) await view.loadOlder(100);
    const stop = view.subscribe(() => {});
    view.release();
    expect(view.all).toHaveLength(320);
    stop();
    view.release();
    expect([view.all.length, view.hasOlder]).toEqual([200, true]);
    for (let at = 0; at < 230; at++) model.send(model.everyone[1] ?? '', `more ${at}`);
    tell();
    await until(() => expect(view.all.at(-1)).toMatchObject({ payload: { body: 'more 229' } }));
    expect(view.all.length).toBeLessThanOrEqual(400);
    await view.load();
    await view.loadOlder();
    await converged(world);
  });

  test('is empty when the session ends, and fills again for the next one', async () => {
    const world = await startWorld();
    const { client, model, chatId } = world;
    model.send(model.everyone[1] ?? '', 'secret');
    const view = client.messages(chatId);
    await Promise.all([client.chats.load(), view.load()]);
    let told = 0;
    view.subscribe(() => told++);
    await client.signOut();
    expect([view.all, view.chat, client.chats.all]).toEqual([[], null, []]);
    expect(told).toBeGreaterThan(0);
    await expect(view.load()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('may be asked for before the session is restored', async () => {
    const server = await startServer();
    const values = new Map<string, string>();
    const storage = {
      get: async (key: string) => values.get(key) ?? null,
      set: async (key: string, value: string) => void values.set(key, value),
      remove: async (key: string) => void values.delete(key),
    };
    const first = await signedIn(server, { storage });
    const { createClient } = await import('../../src/index.ts');
    await using client = createClient({ url: server.url, storage });
    server.overrides['sync.changes'] = () => ({
      user: { version: 0, reset: true, changes: [] },
      chats: [],
      has_more: false,
    });
    await client.chats.load();
    expect(client.session).toBe(first.session);
  });
});
