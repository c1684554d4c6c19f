/** Changes at once, from two instances: they come one after the other, nobody waits in a circle, and no number is lost. */
import { randomInt, randomUUID } from 'node:crypto';
import { AppError, type ChatRecord, type PositionMove } from '@parley/core';
import { expect, it } from 'vitest';
import { chatDatabase, context, doing, told } from './support/chats.ts';

const db = chatDatabase();

const isMember = (chat: ChatRecord, userId: string) => chat.members.get(userId)?.left_seq === null;
const deadlocks = async () => {
  const [row] = await db
    .sql()
    .rows<{ count: number }>(
      'deadlocks',
      'SELECT deadlocks AS count FROM pg_stat_database WHERE datname = current_database()',
      [],
    );
  return row?.count;
};

it('of two admins who demote each other one remains', async () => {
  for (let round = 0; round < 100; round++) {
    const [a = '', b = ''] = await db.users(2);
    const { chat_id } = await db.group([a, b]);
    const promote = doing({ members: [{ kind: 'role', userId: b, role: 'admin' }] });
    await db.store().change(chat_id, 0, promote, told);
    const demote = (instance: number, userId: string) =>
      db.store(instance).change(
        chat_id,
        0,
        (chat) => {
          const admins = [...chat.members.values()].filter((member) => member.role === 'admin');
          if (admins.length === 1) throw new AppError('LAST_ADMIN');
          return { result: null, members: [{ kind: 'role', userId, role: 'member' }] };
        },
        told,
      );
    const results = await Promise.allSettled([demote(0, b), demote(1, a)]);
    expect(results.filter((result) => result.status === 'rejected')).toMatchObject([
      { reason: { code: 'LAST_ADMIN' } },
    ]);
    const roles = [...(await db.chat(chat_id)).members.values()].map((member) => member.role);
    expect(roles.toSorted()).toEqual(['admin', 'member']);
  }
});

it('whoever sees a state_version sees all that came up to it', async () => {
  const [a = '', b = ''] = await db.users(2);
  const { chat_id } = await db.group([a, b]);
  const rename = (instance: number, name: string) =>
    db
      .store(instance)
      .change(chat_id, 0, doing({ settings: { name } }), () => [
        { subject: 'renamed', payload: { chat_id } },
      ]);
  let running = true;
  const look = async () => {
    let [looks, last] = [0, 0];
    while (running) {
      const [seen] = await db.sql(1).rows<{ version: number; told: number }>(
        'look',
        `SELECT state_version AS version,
                (SELECT count(*) FROM outbox WHERE subject = 'renamed' AND payload->>'chat_id' = chats.id::text) AS told
         FROM chats WHERE id = $1`,
        [chat_id],
      );
      expect(seen?.version).toBe(1 + (seen?.told ?? 0));
      expect(seen?.version).toBeGreaterThanOrEqual(last);
      last = seen?.version ?? 0;
      looks++;
    }
    return looks;
  };
  const looking = look();
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 6 }, (_, n) => rename(n % 2, `${round}.${n}`)));
  }
  running = false;
  expect(await looking).toBeGreaterThan(5);
  expect((await db.chat(chat_id)).state_version).toBe(121);
});

it('changes, positions, openings and own settings do not get into each other’s way', {
  timeout: 120_000,
}, async () => {
  const users = await db.users(10);
  const someone = (except?: string): string => {
    const found = users[randomInt(users.length)] ?? '';
    return found === except ? someone(except) : found;
  };
  const chats: string[] = [];
  for (let n = 0; n < 4; n++) chats.push((await db.group(users.slice(0, 6))).chat_id);
  /** The numbers that were given, by chat. */
  const given = new Map(chats.map((chatId): [string, number[]] => [chatId, [1]]));
  const anyChat = () => chats[randomInt(chats.length)] ?? '';
  const before = await deadlocks();

  const change = async (instance: number, head: number) => {
    const chatId = anyChat();
    const chosen = new Set(Array.from({ length: 4 }, () => someone()));
    const { changed } = await db.store(instance).change(
      chatId,
      head,
      (chat) => ({
        result: null,
        settings: { name: `group ${randomInt(3)}` },
        members: [...chosen].map((userId) => {
          const kind = isMember(chat, userId) ? (randomInt(2) ? 'leave' : 'role') : 'join';
          return { kind, userId, role: randomInt(2) ? 'admin' : 'member' };
        }),
      }),
      told,
    );
    for (const member of changed?.members ?? []) given.get(chatId)?.push(member.stateVersion);
    if (changed?.settingsVersion) given.get(chatId)?.push(changed.settingsVersion);
  };
  const advance = async (instance: number, seq: number) => {
    const pairs = new Map(
      Array.from({ length: 8 }, (): [string, PositionMove] => {
        const [chatId, userId] = [anyChat(), someone()];
        return [
          chatId + userId,
          { chatId, userId, delivered: seq + randomInt(5), read: randomInt(seq + 1), context: context() },
        ];
      }),
    );
    const moves = [...pairs.values()];
    const results = await db.store(instance).advance(moves);
    results.forEach((result, n) => {
      if (result.moved) given.get(moves[n]?.chatId ?? '')?.push(result.moved.stateVersion);
    });
  };
  const open = async (instance: number) => {
    const creator = someone();
    await db
      .store(instance)
      .openDirect({ chatId: randomUUID(), creator, other: someone(creator), context: context() });
  };
  const make = (instance: number) =>
    db.store(instance).createGroup(
      {
        chatId: randomUUID(),
        creator: someone(),
        others: [someone(), someone(), someone()],
        name: 'New',
        description: '',
      },
      told,
    );
  const own = (instance: number) =>
    db.store(instance).setOwn(someone(), anyChat(), { is_pinned: randomInt(2) === 1 }, () => []);
  const windows = (instance: number, seq: number) =>
    db.store(instance).setWindows(anyChat(), seq, [someone(), someone()], [someone(), someone()]);

  for (let round = 0; round < 250; round++) {
    await Promise.all(
      [0, 1].flatMap((instance) => [
        change(instance, round),
        change(instance, round),
        advance(instance, round),
        advance(instance, round),
        open(instance),
        make(instance),
        own(instance),
        windows(instance, round),
      ]),
    );
  }

  // PostgreSQL counts with a delay; a deadlock would also have failed a call above.
  expect(await deadlocks()).toBe(before);
  for (const [chatId, numbers] of given) {
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from(numbers, (_, n) => n + 1));
    expect((await db.chat(chatId)).state_version).toBe(numbers.length);
  }
  const versions = await db.sql().rows<{ id: string; version: number; changes: number; last: number }>(
    'versions',
    `SELECT id, user_version AS version, (SELECT count(*) FROM user_changes c WHERE c.user_id = u.id) AS changes,
            (SELECT max(version) FROM user_changes c WHERE c.user_id = u.id) AS last
     FROM users u WHERE id = ANY($1::uuid[])`,
    [users],
  );
  for (const { version, changes, last } of versions) expect([changes, last]).toEqual([version, version]);
});
