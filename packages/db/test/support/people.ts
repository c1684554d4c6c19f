/** What tests of users' own things share: users, stores, and what a change left behind. */
import { randomUUID } from 'node:crypto';
import type { AnyBusEvent, UserChange } from '@parley/contract';
import type { Tell, UserRecord } from '@parley/core';
import { createTestDatabase } from '../../../../tests/support/postgres.ts';
import {
  createPrisma,
  PostgresContactStore,
  PostgresMarkStore,
  PostgresPrivacyStore,
  PostgresUserStore,
  Sql,
} from '../../src/index.ts';

/** The event that core would make of a change. */
export function telling(userId: string, change: UserChange): Tell {
  return (user_version): AnyBusEvent[] => [
    {
      event_id: randomUUID(),
      event_type: 'user.updated',
      timestamp: '2026-03-01T09:12:44.310Z',
      request_id: 'r',
      trace: null,
      payload: { user_id: userId, user_version, change },
    },
  ];
}

export async function openPeople() {
  const database = await createTestDatabase();
  const sql = new Sql({ url: database.url, poolSize: 10, timeoutMs: 10_000 });
  const prisma = createPrisma(sql);
  const users = new PostgresUserStore(sql, prisma);
  let phones = 0;
  return {
    url: database.url,
    sql,
    users,
    contacts: new PostgresContactStore(sql),
    marks: new PostgresMarkStore(sql),
    privacy: new PostgresPrivacyStore(sql),
    /** A new user with a photo and a status text. */
    async person(name = ''): Promise<UserRecord> {
      const { user } = await users.upsertByPhone(`+1555${String(++phones).padStart(7, '0')}`);
      await sql.rows(
        'dress',
        "UPDATE users SET display_name = $2, avatar_url = '/photo', status_text = 'about' WHERE id = $1",
        [user.id, name],
      );
      return { ...user, display_name: name, avatar_url: '/photo', status_text: 'about' };
    },
    /** What raised the user's version, oldest first. */
    changes(userId: string) {
      return sql.rows<{ version: number; kind: string; ref: string | null }>(
        'changes',
        'SELECT version, kind, ref FROM user_changes WHERE user_id = $1 ORDER BY version',
        [userId],
      );
    },
    async version(userId: string): Promise<number> {
      return (await users.find(userId))?.user_version ?? -1;
    },
    /** Outbox rows of the user's events, oldest first. */
    outbox(userId: string) {
      return sql.rows<{ id: number; events: AnyBusEvent[] }>(
        'outbox-of',
        `SELECT id, payload->'events' AS events FROM outbox
         WHERE subject = 'events' AND payload->'events'->0->'payload'->>'user_id' = $1 ORDER BY id`,
        [userId],
      );
    },
    async close(): Promise<void> {
      await prisma.$disconnect();
      await sql.close();
      await database.drop();
    },
  };
}

export type People = Awaited<ReturnType<typeof openPeople>>;
