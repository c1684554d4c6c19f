/** Part of the push ledgers' contract suite: how windows gather, are taken and closed. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ids, type Ledgers, leaseMs, messageOf, over, seqsOf, start, windowMs } from './push-ledger-kit.ts';

export function pushWindows(ledgers: Ledgers): void {
  describe('windows', () => {
    const [chat, user] = ids(2) as [string, string];
    const gather = (seq: number, now = start, users = [user]) =>
      ledgers()[seq % 2 === 0 ? 0 : 1].gather(messageOf(chat, seq), users, windowMs, now);
    const take = (now: number, limit = 100) => ledgers()[0].take(now, limit, leaseMs);

    it('gather what comes for a user in a chat until their time is over', async () => {
      await gather(1);
      await gather(2, start + 2_999);
      expect(await take(over - 1)).toEqual([]);
      // Nobody took it yet, so it is the same window.
      await gather(3, over + 5_000);
      expect(await take(over)).toEqual([
        {
          chatId: chat,
          userId: user,
          messages: [1, 2, 3].map((seq) => ({ seq, messageId: messageOf(chat, seq).messageId })),
          count: 3,
          lease: expect.any(String),
        },
      ]);
      expect(await take(over)).toEqual([]);
    });

    it('do not gather a message twice: not in the window, not when it was taken, not when it was closed', async () => {
      for (const seq of [1, 2, 1, 2, 1]) await gather(seq);
      const [window] = await take(over);
      expect([seqsOf(window), window?.count]).toEqual([[1, 2], 2]);
      for (const seq of [1, 2]) await gather(seq, over);
      await ledgers()[1].close(window ? [window] : []);
      for (const seq of [2, 1]) await gather(seq, over);
      expect(await ledgers()[0].nextDue()).toBeNull();
      expect(await take(over + windowMs)).toEqual([]);
    });

    it('have their messages in order; what is older than what left a window is not added', async () => {
      for (const seq of [5, 3, 7, 4]) await gather(seq);
      const [window] = await take(over);
      expect([seqsOf(window), window?.count]).toEqual([[3, 4, 5, 7], 4]);
      for (const seq of [6, 1, 9, 8]) await gather(seq, over);
      expect((await take(over + windowMs)).map(seqsOf)).toEqual([[8, 9]]);
    });

    it('keep the newest hundred messages, and count all of them once', async () => {
      for (let seq = 1; seq <= 130; seq++) await gather(seq * 2);
      // Delivered again, and for the first time; what no longer fits is not known any more, and not counted.
      for (const seq of [2, 60, 130, 260, 259, 131, 1]) await gather(seq);
      const [window] = await take(over);
      expect(window?.count).toBe(132);
      const kept = [...Array.from({ length: 130 }, (_, n) => 2 * n + 2), 131, 259].sort((a, b) => a - b);
      expect(seqsOf(window)).toEqual(kept.slice(-100));
    });

    it('that are taken leave room for new ones, which go their own way', async () => {
      await gather(1);
      const [first] = await take(over + 500);
      await gather(2, over + 600);
      expect(await take(over + 600 + windowMs - 1)).toEqual([]);
      const [second] = await take(over + 600 + windowMs);
      expect([seqsOf(first), seqsOf(second)]).toEqual([[1], [2]]);
      await ledgers()[0].close(first ? [first] : []);
      expect((await take(over + 60_000)).map(seqsOf)).toEqual([[2]]);
    });

    it('whose worker died are taken again after the lease, with the same messages', async () => {
      for (const seq of [1, 2]) await gather(seq);
      const [first] = await take(over);
      if (!first) throw new Error('nothing was taken');
      // What comes meanwhile is another window, also when both are due.
      await gather(3, over + 1);
      expect(await ledgers()[1].nextDue()).toBe(over + 1 + windowMs);
      expect(await take(over + windowMs)).toEqual([]);
      const again = await ledgers()[1].take(over + leaseMs, 10, leaseMs);
      expect(again.map(seqsOf).toSorted()).toEqual([[1, 2], [3]]);
      const second = again.find(({ count }) => count === 2);
      expect(second).toEqual({ ...first, lease: expect.any(String) });
      expect(second?.lease).not.toBe(first.lease);

      // The one that was thought dead closes nothing of the other's.
      await ledgers()[0].close([first]);
      const [third, fourth] = await take(over + 2 * leaseMs);
      await ledgers()[0].close([third, fourth].flatMap((window) => window ?? []));
      expect([third, fourth].map(seqsOf).toSorted()).toEqual([[1, 2], [3]]);
      await ledgers()[0].close(again);
      expect(await take(over + 9 * leaseMs)).toEqual([]);
      expect(await ledgers()[0].nextDue()).toBeNull();
    });

    it('are one for each user and chat, however many users a message has', async () => {
      const [users, other] = [ids(255), randomUUID()];
      await ledgers()[0].gather(messageOf(chat, 1), [...users, ...users.slice(0, 5)], windowMs, start);
      await ledgers()[1].gather(messageOf(chat, 2), users.slice(0, 100), windowMs, start);
      await ledgers()[0].gather(messageOf(other, 2), users.slice(0, 1), windowMs, start);
      const taken = await take(over, 300);
      expect(taken).toHaveLength(256);
      expect(new Set(taken.map(({ lease }) => lease)).size).toBe(256);
      const inChat = taken.filter(({ chatId }) => chatId === chat);
      expect(new Set(inChat.map(({ userId }) => userId))).toEqual(new Set(users));
      for (const window of inChat) {
        expect(seqsOf(window)).toEqual(users.indexOf(window.userId) < 100 ? [1, 2] : [1]);
      }
      expect(taken.find(({ chatId }) => chatId === other)).toMatchObject({ userId: users[0], count: 1 });
      await ledgers()[1].close(taken);
      expect(await take(over + 10 * leaseMs)).toEqual([]);
    });

    it('are taken as many as are asked for, of whichever chats, and the others later', async () => {
      for (const chatId of ids(30)) await ledgers()[0].gather(messageOf(chatId, 1), [user], windowMs, start);
      const rounds = [await take(over, 12), await take(over, 0), await take(over, 12), await take(over, 12)];
      expect(rounds.map(({ length }) => length)).toEqual([12, 0, 12, 6]);
      expect(new Set(rounds.flat().map(({ chatId }) => chatId)).size).toBe(30);
      // Those that nobody closed are due together with new ones.
      await gather(1, over + leaseMs - windowMs);
      expect(await take(over + leaseMs, 40)).toHaveLength(31);
    });

    it('say when the next one can be taken', async () => {
      const next = () => ledgers()[1].nextDue();
      expect(await next()).toBeNull();
      await gather(1, start + 700);
      for (const chatId of ids(3))
        await ledgers()[0].gather(messageOf(chatId, 1), [user], windowMs, start + 800);
      await gather(2, start + 100);
      expect(await next()).toBe(over + 700);
      await ledgers()[0].close(await take(over + 700));
      expect(await next()).toBe(over + 800);
      const taken = await take(over + 900);
      expect(await next()).toBe(over + 900 + leaseMs);
      await ledgers()[0].close(taken);
      expect(await next()).toBeNull();
    });

    it('need something to do', async () => {
      await ledgers()[0].gather(messageOf(chat, 1), [], windowMs, start);
      await ledgers()[0].close([]);
      expect(await ledgers()[0].nextDue()).toBeNull();
    });
  });
}
