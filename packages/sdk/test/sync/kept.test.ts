// What is kept in the database: shown at once by the next client, and gone with the session.
import { describe, expect, test } from 'vitest';
import { type Database, memoryDatabase, type ParleyClient, type TokenStorage } from '../../src/index.ts';
import { converged, startWorld, until, type World } from '../support/chat-world.ts';
import { makeClient } from '../support/client.ts';

function storageOf(): TokenStorage {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key) ?? null,
    set: async (key, value) => void values.set(key, value),
    remove: async (key) => void values.delete(key),
  };
}

interface Kept extends World {
  database: Database;
  storage: TokenStorage;
  /** Another client of the same user, on the same storages. */
  next(): ParleyClient;
}

/** A world whose client has shown a chat with a few messages. */
async function keptWorld(database: Database = memoryDatabase()): Promise<Kept> {
  const storage = storageOf();
  const world = await startWorld({}, { storage, database });
  const { client, model, chatId, server } = world;
  for (let at = 0; at < 3; at++) model.send(model.everyone[1] ?? '', `hello ${at}`);
  model.told.length = 0;
  await client.realtime.connect();
  await client.messages(chatId).load();
  const next = () => makeClient({ url: server.url, storage, database }, { gapMs: 10, writeMs: 5 });
  return { ...world, database, storage, next };
}

/** All that a database has for the user of a world. */
async function recordsOf({ database, server, client }: Kept): Promise<[string, unknown][]> {
  const records = await database.open(`${server.url}/|${client.session}`);
  return records.list('');
}

describe('the next client', () => {
  test('shows all at once, before anything was asked, and then what came meanwhile', async () => {
    const world = await keptWorld();
    const { client, model, chatId, asked, next } = world;
    client.messages(chatId).setDraft('half a thou');
    await client.close();
    model.send(model.everyone[1] ?? '', 'meanwhile');
    model.rename('Pier');
    model.star(0);
    model.told.length = 0;
    asked.length = 0;
    const again = next();
    await again.loaded;
    const view = again.messages(chatId);
    expect(view.all).toMatchObject([{ payload: { body: 'hello 0' } }, {}, {}]);
    expect([view.draft, view.participants.length]).toEqual(['half a thou', 3]);
    expect(again.chats.all).toMatchObject([{ name: 'Lake house', unread_count: 3 }]);
    expect(again.chats.hasMore).toBe(false);
    expect(asked).toEqual([]);
    await again.realtime.connect();
    await converged({ ...world, client: again });
    expect(view.all).toHaveLength(4);
    expect(asked[0]?.input).toMatchObject({ user: 1, chats: { [chatId]: { version: 3 } } });
  });

  test('shows reads of before as the server has them, where the program ended before it knew of them', async () => {
    const world = await keptWorld();
    const { client, chatId, server, next } = world;
    const { onEvent } = server;
    server.onEvent = (event, data) => (event === 'message.read' ? 'ignore' : onEvent(event, data));
    client.messages(chatId).markRead();
    expect(client.chats.unread).toBe(0);
    await server.hears('message.read');
    await client.close();
    server.onEvent = onEvent;
    const again = next();
    await again.loaded;
    await again.realtime.connect();
    await converged({ ...world, client: again });
    expect(again.chats.unread).toBe(3);
  });

  test('begins empty with records of another format', async () => {
    const world = await keptWorld();
    const { client, server, database, chatId, next } = world;
    const account = `${server.url}/|${client.session}`;
    await client.close();
    const records = await database.open(account);
    await records.write([{ key: 'sync/numbers', value: { format: 0, user: 7, complete: true } }]);
    const again = next();
    await again.loaded;
    expect([again.chats.all, again.messages(chatId).all]).toEqual([[], []]);
    await again.chats.load();
    await converged({ ...world, client: again });
  });
});

describe('the records', () => {
  test('are gone when the user signs out', async () => {
    const world = await keptWorld();
    const { client } = world;
    await until(async () => expect((await recordsOf(world)).length).toBeGreaterThan(4));
    const read = () => recordsOf({ ...world, client: { session } as ParleyClient });
    const { session } = client;
    await client.signOut();
    await until(async () => expect(await read()).toEqual([]));
  });

  test('have numbers and all that they stand for in one write each', async () => {
    const writes: string[][] = [];
    const inner = memoryDatabase();
    const database: Database = {
      async open(account) {
        const records = await inner.open(account);
        const write = records.write.bind(records);
        records.write = (changes) => {
          writes.push(changes.map(({ key }) => key));
          return write(changes);
        };
        return records;
      },
    };
    const world = await keptWorld(database);
    const { model, tell, chatId, client } = world;
    await until(() => expect(writes.flat()).toContain(`chat/${chatId}`));
    await until(() => expect(writes.flat()).toContain('sync/numbers'));
    writes.length = 0;
    model.send(model.everyone[1] ?? '', 'one more');
    tell();
    await until(() => expect(client.messages(chatId).all).toHaveLength(4));
    const message = `message/${chatId}/000000000004`;
    await until(() => expect(writes.flat()).toContain(message));
    expect(writes.find((keys) => keys.includes(message))).toContain(`chat/${chatId}`);
  });

  test('that the device refuses to keep are told to debug, and nothing else changes', async () => {
    const told: string[] = [];
    const database: Database = {
      open: () => Promise.reject(new DOMException('no', 'QuotaExceededError')),
    };
    const world = await startWorld({}, { database, debug: (text) => void told.push(text) });
    const { client, model, chatId } = world;
    model.send(model.everyone[1] ?? '', 'hello');
    await client.loaded;
    await client.messages(chatId).load();
    await client.chats.load();
    await converged(world);
    expect(told).toContain('the database refuses');
  });
});

test('what is sent before the database is open waits for it, also right after signing in', async () => {
  const opened = Promise.withResolvers<void>();
  const database = memoryDatabase();
  const slow: Database = { open: (account) => opened.promise.then(() => database.open(account)) };
  const { client, model, chatId } = await startWorld({}, { database: slow });
  const sent = client.messages(chatId).send({ type: 'text', payload: { body: 'at once' } });
  expect(client.messages(chatId).all).toMatchObject([{ payload: { body: 'at once' }, status: 'pending' }]);
  expect(model.messages).toEqual([]);
  opened.resolve();
  expect(await sent).toMatchObject({ seq: 1 });
});
