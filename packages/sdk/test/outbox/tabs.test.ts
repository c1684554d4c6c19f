import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { memoryDatabase } from '../../src/database/memory.ts';
import type { Database } from '../../src/database/types.ts';
import { ChatServer, chat, left, started, text } from './world.ts';

afterEach(() => vi.unstubAllGlobals());

/** The ids of the tabs that sent. */
function senders(server: ChatServer): string[] {
  return [...new Set(server.came.map(({ tab }) => tab))];
}

/** As that of a browser, which all tabs of a page have open. */
function sharedDatabase(): Database {
  const database = memoryDatabase();
  return { open: async (account) => Object.assign(await database.open(account), { shared: true }) };
}

describe('several tabs on one database', () => {
  test('send their own messages each, and take over those of one that ends', async () => {
    const server = new ChatServer();
    const database = sharedDatabase();
    const tabs = [
      await started(server, database),
      await started(server, database),
      await started(server, database),
    ];
    for (const tab of tabs) tab.link.set('connecting');
    for (const [at, tab] of tabs.entries()) {
      void tab.outbox.send(text(String(at)));
      await vi.waitFor(async () => expect(await left(database)).toHaveLength(at + 1));
      // The next one is to be given later by the clock.
      const given = Date.now();
      await vi.waitUntil(() => Date.now() > given, { interval: 1 });
    }
    const [first, second, third] = tabs as [(typeof tabs)[0], (typeof tabs)[0], (typeof tabs)[0]];
    second.kill();
    await vi.waitFor(() => expect(first.outbox.items(chat)).toHaveLength(2));
    expect(third.outbox.items(chat)).toHaveLength(1);
    // The next one leads, and takes over what the first had taken over.
    first.kill();
    await vi.waitFor(() => expect(third.outbox.items(chat)).toHaveLength(3));
    expect(third.outbox.items(chat).map(({ payload }) => payload.body)).toEqual(['0', '1', '2']);
    third.link.set('online');
    await vi.waitFor(() => expect(server.bodies).toEqual(['0', '1', '2']));
    expect(senders(server)).toEqual([third.id]);
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
  });

  test('of different users leave each other alone', async () => {
    const server = new ChatServer();
    const database = sharedDatabase();
    const mina = await started(server, database);
    mina.link.set('connecting');
    void mina.outbox.send(text('from mina'));
    await vi.waitFor(async () => expect(await left(database)).toHaveLength(1));
    mina.kill();
    const jonas = await started(server);
    jonas.close();
    await jonas.start(database, 'jonas');
    await jonas.outbox.send(text('from jonas'));
    expect(server.bodies).toEqual(['from jonas']);
  });

  test('that is closed in an orderly way leaves its messages to the next', async () => {
    const server = new ChatServer();
    const database = sharedDatabase();
    const first = await started(server, database);
    first.link.set('connecting');
    const dropped = first.outbox.send(text('left'));
    await vi.waitFor(async () => expect(await left(database)).toHaveLength(1));
    const next = await started(server, database);
    expect(next.outbox.items(chat)).toEqual([]);
    first.close();
    await expect(dropped).rejects.toMatchObject({ code: 'ABORTED' });
    await vi.waitFor(() => expect(server.bodies).toEqual(['left']));
    expect(senders(server)).toEqual([next.id]);
  });
});

describe('without Web Locks', () => {
  beforeEach(() => vi.stubGlobal('navigator', {}));

  test('the next client takes over all, and what two send is stored once', async () => {
    const server = new ChatServer();
    const database = sharedDatabase();
    const first = await started(server, database);
    first.link.set('connecting');
    const ids = [randomUUID(), randomUUID()];
    const sending = ids.map((client_msg_id) => first.outbox.send({ ...text(client_msg_id), client_msg_id }));
    await vi.waitFor(async () => expect(await left(database)).toHaveLength(2));
    await started(server, database);
    await vi.waitFor(() => expect(server.bodies).toEqual(ids));
    first.link.set('online');
    await Promise.all(sending);
    expect(server.bodies).toEqual(ids);
    await vi.waitFor(async () => expect(await left(database)).toEqual([]));
  });
});
