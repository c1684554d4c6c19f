/** Part of the push ledgers' contract suite: many workers at once. */
import type { PushWindow } from '@parley/core';
import { describe, expect, it } from 'vitest';
import {
  ids,
  type Ledgers,
  leaseMs,
  messageOf,
  over,
  seqsOf,
  shuffled,
  start,
  windowMs,
} from './push-ledger-kit.ts';

export function pushRaces(ledgers: Ledgers): void {
  const ledger = (n: number) => ledgers()[n % 2 === 0 ? 0 : 1];
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

  describe('many workers', () => {
    it('take each window once, also those whose lease ran out', async () => {
      const [chats, users] = [ids(6), ids(50)];
      await Promise.all(chats.map((chat, n) => ledger(n).gather(messageOf(chat, 1), users, windowMs, start)));
      for (const now of [over, over + leaseMs]) {
        const rounds = await Promise.all(
          numbers(8).map(async (n) => {
            const taken: PushWindow[] = [];
            for (;;) {
              const some = await ledger(n).take(now, 20, leaseMs);
              taken.push(...some);
              if (some.length < 20) return taken;
            }
          }),
        );
        const pairs = rounds.flat().map(({ chatId, userId }) => `${chatId}/${userId}`);
        expect(pairs).toHaveLength(300);
        expect(new Set(pairs).size).toBe(300);
      }
    });

    it('gather for the same users at once, in any order, and lose or repeat nothing', async () => {
      const [[chat = ''], users] = [ids(1), ids(60)];
      // Each message is delivered twice.
      const deliveries = shuffled([...numbers(40), ...numbers(40)]);
      await Promise.all(
        deliveries.map((seq, n) =>
          ledger(n).gather(messageOf(chat, seq + 1), shuffled(users), windowMs, start),
        ),
      );
      const taken = await ledger(0).take(over, 100, leaseMs);
      expect(taken).toHaveLength(60);
      for (const window of taken) {
        expect(seqsOf(window)).toEqual(numbers(40).map((seq) => seq + 1));
        expect(window.count).toBe(40);
      }
    });

    it('take while others gather, and no message is in two windows or in none', async () => {
      const [[chat = ''], users] = [ids(1), ids(20)];
      const windows: PushWindow[] = [];
      let gathering = true;
      const taking = numbers(3).map(async (n) => {
        while (gathering) {
          // Every window is over at once.
          const some = await ledger(n).take(start, 7, leaseMs);
          windows.push(...some);
          await ledger(n + 1).close(some);
        }
      });
      for (const seq of numbers(60)) {
        const message = messageOf(chat, seq + 1);
        await Promise.all([0, 1].map((n) => ledger(n).gather(message, users, 0, start)));
      }
      gathering = false;
      await Promise.all(taking);
      windows.push(...(await ledger(0).take(start, 1_000, leaseMs)));
      expect(windows.length).toBeGreaterThan(users.length);
      for (const user of users) {
        const own = windows.filter(({ userId }) => userId === user);
        const seqs = own.flatMap(({ messages }) => messages.map(({ seq }) => seq));
        expect(seqs.sort((a, b) => a - b)).toEqual(numbers(60).map((seq) => seq + 1));
        expect(own.every(({ count, messages }) => count === messages.length)).toBe(true);
      }
    });

    it('win each claim once, whatever the order they ask in', async () => {
      let pairs: { messageId: string; deviceId: string }[] = [];
      for (const _round of numbers(8)) {
        const devices = ids(40);
        pairs = ids(5).flatMap((messageId) => devices.map((deviceId) => ({ messageId, deviceId })));
        const tries = numbers(8).map(async (n) => {
          const asked = shuffled(pairs);
          const won = await ledger(n).claim(asked, start);
          return asked.filter((_, index) => won[index]);
        });
        const won = (await Promise.all(tries)).flat().map(({ messageId, deviceId }) => messageId + deviceId);
        expect(won).toHaveLength(200);
        expect(new Set(won).size).toBe(200);
      }
      // Giving back and claiming anew at the same time: each is won by one, or free in the end.
      const rounds = await Promise.all(
        numbers(10).map(async (n) => {
          await ledger(n).giveBack(n === 0 ? shuffled(pairs) : []);
          return ledger(n + 1).claim(shuffled(pairs), start);
        }),
      );
      expect(rounds.flat().filter(Boolean)).toHaveLength(200);
    });

    it('note and show things at once', async () => {
      const [[message = '', user = '', chat = ''], users, devices] = [ids(3), ids(30), ids(30)];
      await Promise.all(
        numbers(10).map((n) =>
          ledger(n).note(
            shuffled(users).map((userId) => ({
              messageId: message,
              userId,
              reason: 'waiting' as const,
              detail: `${n}`,
            })),
            start + n,
          ),
        ),
      );
      for (const userId of users) expect(await ledger(1).why(message, userId)).toMatchObject({ detail: '9' });
      await Promise.all(numbers(10).map((n) => ledger(n).shown(user, chat, shuffled(devices), start)));
      const taken = await Promise.all(numbers(10).map((n) => ledger(n).takeShown(user, chat)));
      expect(taken.flat().toSorted()).toEqual(devices.toSorted());
    });
  });
}
