/** What sync asks of a message store: heads that moved, messages by their version, stretches of several chats. */
import { randomUUID } from 'node:crypto';
import type { StoredMessage } from '@parley/core';
import { describe, expect, it } from 'vitest';
import { changeOf, type Kit, message } from './kit.ts';

const sender = randomUUID();
const reacts = (userId: string) => ({ kind: 'react', userId, emoji: '👍' }) as const;

export function syncContract(kit: Kit): void {
  const send = async (chat: string, count: number) => {
    const sent = Array.from({ length: count }, () => message(chat, sender));
    await kit.store.append(sent);
    return sent;
  };
  const ids = (found: { message_id: string }[]) => found.map(({ message_id }) => message_id);
  const window = (chatId: string, after = 0, upTo: number | null = null) => ({ chatId, after, upTo });

  describe('newerHeads', () => {
    const ask = (known: Record<string, number>, limit = 1000, always: string[] = []) =>
      kit.store.newerHeads(
        Object.entries(known).map(([chatId, version]) => ({
          chatId,
          version,
          always: always.includes(chatId),
        })),
        limit,
      );

    it('tells the chats whose version is another one, in the order given', async () => {
      const [same, newer, unknown, empty, phantom] = Array.from({ length: 5 }, () => randomUUID()) as [
        string,
        string,
        string,
        string,
        string,
      ];
      for (const chat of [same, newer, unknown]) await send(chat, 3);
      const known = { [newer]: 1, [same]: 3, [unknown]: 7, [empty]: 0, [phantom]: 2 };
      const head = { seq: 3, version: 3 };
      expect([...(await ask(known))]).toEqual([
        [newer, head],
        [unknown, head],
        [phantom, { seq: 0, version: 0 }],
      ]);
      expect([...(await ask(known, 1))]).toEqual([[newer, head]]);
      expect((await ask(known, 1000, [same, empty])).get(same)).toEqual(head);
      expect((await ask(known, 1000, [same, empty])).get(empty)).toEqual({ seq: 0, version: 0 });
      expect(await ask({})).toEqual(new Map());
    });

    it('tells the head from where a change of an old message left it', async () => {
      const chat = randomUUID();
      const [first] = await send(chat, 2);
      if (!first) throw new Error('two were sent');
      await kit.store.change([changeOf(first, reacts(sender))]);
      for (const version of [0, 1, 2]) {
        expect(await ask({ [chat]: version })).toEqual(new Map([[chat, { seq: 2, version: 3 }]]));
      }
      expect(await ask({ [chat]: 3 })).toEqual(new Map());
    });

    it('tells heads that are far from what is known, of many chats that changed much', async () => {
      const chats = Array.from({ length: 12 }, () => randomUUID());
      for (const chat of chats) await send(chat, 40);
      const known = Object.fromEntries(chats.map((chat, n) => [chat, n * 3]));
      const heads = await ask(known);
      expect([...heads]).toEqual(chats.map((chat) => [chat, { seq: 40, version: 40 }]));
      expect([...(await ask(known, 5)).keys()]).toEqual(chats.slice(0, 5));
      expect(await ask(Object.fromEntries(chats.map((chat) => [chat, 40])))).toEqual(new Map());
    });

    it('takes a thousand chats', async () => {
      const chats = Array.from({ length: 1_000 }, () => randomUUID());
      const moved = [7, 500, 999].map((n) => chats[n] as string);
      for (const chat of moved) await send(chat, 2);
      const heads = await ask(Object.fromEntries(chats.map((chat) => [chat, 0])));
      expect([...heads.keys()]).toEqual(moved);
    });
  });

  describe('changedSince', () => {
    it('gives messages by their present version, once each', async () => {
      const [chat, other] = [randomUUID(), randomUUID()];
      const sent = await send(chat, 4);
      const [first] = sent;
      if (!first) throw new Error('four were sent');
      const [a, b, c, d] = ids(sent) as [string, string, string, string];
      const elsewhere = await send(other, 2);
      await kit.store.change([changeOf(first, reacts(sender)), changeOf(first, { kind: 'delete' })]);
      // Versions: b 2, c 3, d 4, a 6.
      const ask = (version: number, upToVersion: number, limit = 100, part = window(chat)) => ({
        window: part,
        version,
        upToVersion,
        limit,
      });
      const asks = [
        ask(0, 6),
        ask(2, 6),
        ask(0, 5),
        ask(0, 6, 2),
        ask(3, 6, 2),
        ask(6, 6),
        ask(0, 6, 100, window(chat, 1, 3)),
      ];
      const found: StoredMessage[][] = [];
      for (const each of asks) found.push(...(await kit.store.changedSince([each])));
      expect(found.map(ids)).toEqual([[b, c, d, a], [c, d, a], [b, c, d], [b, c], [d, a], [], [b, c]]);
      expect(found[0]?.at(-1)).toMatchObject({ message_id: a, version: 6, is_deleted: true, payload: {} });
      const both = await kit.store.changedSince([ask(2, 6, 3), ask(0, 2, 100, window(other))]);
      expect(both.map(ids)).toEqual([[c, d, a], ids(elsewhere)]);
      const none = ask(0, 9, 9, window(randomUUID()));
      expect((await kit.store.changedSince([none, ask(0, 6, 1)])).map(ids)).toEqual([[], [b]]);
      expect(await kit.store.changedSince([])).toEqual([]);
    });

    it('finds the few that are left of many changes', async () => {
      const chat = randomUUID();
      const [first, second] = await send(chat, 2);
      if (!first || !second) throw new Error('two were sent');
      const people = Array.from({ length: 60 }, () => randomUUID());
      await kit.store.change(people.map((id) => changeOf(first, reacts(id))));
      const ask = { window: window(chat), version: 0, upToVersion: 62, limit: 5 };
      const [found = []] = await kit.store.changedSince([ask]);
      expect(found.map(({ message_id, version }) => [message_id, version])).toEqual([
        [second.message_id, 2],
        [first.message_id, 62],
      ]);
    });

    it('reads a long way piece by piece', async () => {
      const chat = randomUUID();
      const sent = ids(await send(chat, 100));
      const seen: string[] = [];
      for (let version = 0; version < 100; ) {
        const ask = { window: window(chat), version, upToVersion: 100, limit: 7 };
        const [found = []] = await kit.store.changedSince([ask]);
        seen.push(...ids(found));
        version = found.at(-1)?.version ?? 100;
      }
      expect(seen).toEqual(sent);
    });
  });

  it('gives all messages of stretches', async () => {
    const [chat, other] = [randomUUID(), randomUUID()];
    const [sent, elsewhere] = [ids(await send(chat, 5)), ids(await send(other, 3))];
    const found = await kit.store.between([
      { chatId: chat, from: 1, to: 4 },
      { chatId: other, from: 0, to: 9 },
      { chatId: randomUUID(), from: 0, to: 9 },
    ]);
    expect(ids(found).sort()).toEqual([...sent.slice(1, 4), ...elsewhere].sort());
    expect(await kit.store.between([])).toEqual([]);
    expect(await kit.store.between([{ chatId: chat, from: 3, to: 3 }])).toEqual([]);
  });
}
