/** Changes of chats that do not come about leave nothing behind. */
import { randomUUID } from 'node:crypto';
import { AppError } from '@parley/core';
import { describe, expect, it } from 'vitest';
import { PostgresChatStore } from '../src/chat-store.ts';
import { Sql } from '../src/sql.ts';
import { chatDatabase, doing, nothingPublished, told } from './support/chats.ts';

const db = chatDatabase();

describe('a change', () => {
  it('leaves nothing behind when it is refused, or cannot be told', async () => {
    const [a = '', b = '', c = ''] = await db.users(3);
    const { chat_id } = await db.group([a, b]);
    const before = await db.everything();
    const refusal = new AppError('LAST_ADMIN');
    const refused = db.store().change(
      chat_id,
      1,
      () => {
        throw refusal;
      },
      told,
    );
    await expect(refused).rejects.toBe(refusal);
    const failure = new TypeError('cannot be told');
    const everything = doing({
      members: [
        { kind: 'leave', userId: b },
        { kind: 'join', userId: c, role: 'member' },
        { kind: 'role', userId: a, role: 'member' },
      ],
      settings: { name: 'Never', auto_delete_seconds: 86_400 },
    });
    const untold = db.store().change(chat_id, 1, everything, () => {
      throw failure;
    });
    await expect(untold).rejects.toBe(failure);
    expect(await db.everything()).toEqual(before);
    // The same goes through once it can be told.
    expect((await db.store().change(chat_id, 1, everything, told)).changed?.chat.state_version).toBe(5);
  });

  it('of a chat that is not there is CHAT_NOT_FOUND', async () => {
    const missing = db.store().change(randomUUID(), 0, doing({}), told);
    await expect(missing).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
  });

  it('that the state it saw rules out is a programming error', async () => {
    const [a = '', b = '', c = ''] = await db.users(3);
    const group = await db.group([a, b]);
    const direct = await db.direct(a, b);
    const attempts: [string, Parameters<typeof doing>[0]][] = [
      [group.chat_id, { members: [{ kind: 'join', userId: b, role: 'member' }] }],
      [group.chat_id, { members: [{ kind: 'leave', userId: c }] }],
      [group.chat_id, { members: [{ kind: 'role', userId: c, role: 'admin' }] }],
      [
        group.chat_id,
        {
          members: [
            { kind: 'leave', userId: b },
            { kind: 'role', userId: b, role: 'admin' },
          ],
        },
      ],
      [
        group.chat_id,
        {
          members: [
            { kind: 'leave', userId: b },
            { kind: 'join', userId: b, role: 'member' },
          ],
        },
      ],
      [direct.chat_id, { members: [{ kind: 'leave', userId: a }] }],
      [direct.chat_id, { settings: { name: 'Us' } }],
    ];
    const before = await db.everything();
    for (const [chatId, decision] of attempts) {
      const failing = db.store().change(chatId, 1, doing(decision), told);
      await expect(failing).rejects.toSatisfy(
        (error) => error instanceof Error && !(error instanceof AppError),
      );
    }
    expect(await db.everything()).toEqual(before);
  });

  it('gives up where the chat is locked for too long, or the database is away, and can be tried again', async () => {
    const [a = '', b = ''] = await db.users(2);
    const { chat_id } = await db.group([a, b]);
    const impatient = new Sql({ url: db.url(), poolSize: 1, timeoutMs: 300 });
    const store = new PostgresChatStore(impatient, nothingPublished);
    const rename = (name: string) => store.change(chat_id, 0, doing({ settings: { name } }), told);
    const unavailable = { code: 'SERVICE_UNAVAILABLE' };
    await db.sql().transaction(async (tx) => {
      await tx.rows('hold', 'SELECT 1 FROM chats WHERE id = $1 FOR UPDATE', [chat_id]);
      await expect(rename('Too early')).rejects.toMatchObject(unavailable);
    });
    expect((await rename('In time')).changed?.chat).toMatchObject({ name: 'In time', state_version: 2 });
    await impatient.close();

    const away = new Sql({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1, timeoutMs: 300 });
    const gone = new PostgresChatStore(away, nothingPublished);
    await expect(gone.change(chat_id, 0, doing({}), told)).rejects.toMatchObject(unavailable);
    await expect(gone.setWindows(chat_id, 1, [a], [])).rejects.toMatchObject(unavailable);
    await expect(gone.memberships(a)).rejects.toMatchObject(unavailable);
    await away.close();
  });
});
