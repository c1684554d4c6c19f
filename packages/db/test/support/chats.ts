/** A database with chats in it, for the tests of the chat store. */
import { randomUUID } from 'node:crypto';
import type { ChatDecision, ChatRecord, EventContext, OutboxDraft } from '@parley/core';
import { afterAll, beforeAll } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../tests/support/postgres.ts';
import { PostgresChatStore } from '../../src/chat-store.ts';
import type { PublishedIds } from '../../src/message-store.ts';
import { Sql } from '../../src/sql.ts';

export const context = (): EventContext => ({
  eventId: randomUUID(),
  requestId: 'r',
  trace: null,
  origin: null,
});
export const nothingPublished: PublishedIds = {
  takePublished: () => [],
  returnPublished: () => undefined,
};
/** Tells what there is to tell, whatever it is. */
export const told = (changed: unknown): OutboxDraft[] => [{ subject: 'test', payload: { changed } }];
/** Where a window begins that is empty because it is not settled yet. */
export const unsettled = Number.MAX_SAFE_INTEGER;
/** Decides on changes without looking. */
export const doing =
  (decision: Omit<ChatDecision<null>, 'result'>) =>
  (_chat: ChatRecord): ChatDecision<null> => ({ result: null, ...decision });

/** A database for the test file, with two pools on it, as two instances of the program have. */
export function chatDatabase() {
  let database: TestDatabase;
  const pools: Sql[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    for (let n = 0; n < 2; n++) pools.push(new Sql({ url: database.url, poolSize: 8, timeoutMs: 20_000 }));
  });
  afterAll(async () => {
    for (const pool of pools) await pool.close();
    await database?.drop();
  });

  let phone = 0;
  const sql = (n = 0) => pools[n] as Sql;
  const store = (n = 0) => new PostgresChatStore(sql(n), nothingPublished);
  const users = async (count: number) => {
    const phones = Array.from({ length: count }, () => `+1555${String(++phone).padStart(7, '0')}`);
    const rows = await sql().rows<{ id: string }>(
      'new-users',
      'INSERT INTO users (phone) SELECT unnest($1::text[]) RETURNING id',
      [phones],
    );
    return rows.map((row) => row.id);
  };
  return {
    url: () => database.url,
    sql,
    store,
    users,
    /** A group of these, the first one being its admin. */
    group: async ([creator = '', ...others]: readonly string[], name = 'Friends') => {
      const input = { chatId: randomUUID(), creator, others, name, description: '' };
      const made = await store().createGroup(input, told);
      if (!made) throw new Error('there is no such user');
      return made.chat;
    },
    direct: async (creator: string, other: string) =>
      (await store().openDirect({ chatId: randomUUID(), creator, other, context: context() })).chat,
    chat: async (chatId: string) => {
      const chat = (await store().find([chatId])).get(chatId);
      if (!chat) throw new Error('there is no such chat');
      return chat;
    },
    /** Every row that a change of chats can touch. */
    everything: () =>
      sql().rows(
        'everything',
        `SELECT (SELECT json_agg(c ORDER BY c.id) FROM chats c) AS chats,
                (SELECT json_agg(g ORDER BY g.chat_id) FROM groups g) AS groups,
                (SELECT json_agg(p ORDER BY p.id) FROM chat_participants p) AS participants,
                (SELECT json_agg(u ORDER BY u.id) FROM users u) AS users,
                (SELECT json_agg(v ORDER BY v.user_id, v.version) FROM user_changes v) AS changes,
                (SELECT json_agg(o ORDER BY o.id) FROM outbox o) AS outbox`,
        [],
      ),
    /** These rows of the outbox, in the order of the ids. */
    outboxRows: (ids: readonly string[] | undefined) =>
      sql().rows(
        'outbox-rows',
        `SELECT subject, payload FROM unnest($1::bigint[]) WITH ORDINALITY AS i(id, place) JOIN outbox USING (id)
         ORDER BY place`,
        [ids],
      ),
    /** What raised a user's version, oldest first. */
    userChanges: (userId: string) =>
      sql().rows<{ version: number; kind: string; ref: string }>(
        'user-changes',
        'SELECT version, kind, ref FROM user_changes WHERE user_id = $1 ORDER BY version',
        [userId],
      ),
  };
}
