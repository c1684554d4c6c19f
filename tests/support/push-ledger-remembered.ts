/** Part of the push ledgers' contract suite: claims, what devices show, notes, and how long all is remembered. */
import { describe, expect, it } from 'vitest';
import { ids, type Ledgers, leaseMs, messageOf, over, seqsOf, start, windowMs } from './push-ledger-kit.ts';

const dayMs = 24 * 3600 * 1000;

export function pushRemembered(ledgers: Ledgers, pass: (ms: number) => Promise<void>): void {
  const [m1, m2, d1, d2, user, chat, other] = ids(7) as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const one = () => ledgers()[0];
  const two = () => ledgers()[1];

  describe('claims', () => {
    const pair = (messageId: string, deviceId: string) => ({ messageId, deviceId });

    it('are won once for each message and device', async () => {
      expect(await one().claim([pair(m1, d1), pair(m2, d1), pair(m1, d1)], start)).toEqual([
        true,
        true,
        false,
      ]);
      expect(await two().claim([pair(m1, d2), pair(m1, d1), pair(m2, d2)], start + 1)).toEqual([
        true,
        false,
        true,
      ]);
      expect(await two().claim([], start)).toEqual([]);
    });

    it('can be won again when they were given back', async () => {
      await one().claim([pair(m1, d1), pair(m1, d2)], start);
      await two().giveBack([pair(m1, d1), pair(m2, d1)]);
      await two().giveBack([]);
      expect(await one().claim([pair(m1, d2), pair(m1, d1)], start)).toEqual([false, true]);
      expect(await two().claim([pair(m1, d1)], start)).toEqual([false]);
    });
  });

  describe('what devices show', () => {
    it('is known for each user and chat, and forgotten when it is taken', async () => {
      await one().shown(user, chat, [d1], start);
      await two().shown(user, chat, [d2, d1, d2], start + 1);
      await one().shown(user, other, [d1], start);
      await one().shown(other, chat, [d2], start);
      await one().shown(user, chat, [], start);
      expect((await one().takeShown(user, chat)).toSorted()).toEqual([d1, d2].toSorted());
      expect(await two().takeShown(user, chat)).toEqual([]);
      expect(await two().takeShown(user, other)).toEqual([d1]);
      expect(await one().takeShown(other, chat)).toEqual([d2]);
    });
  });

  describe('notes', () => {
    it('take the place of earlier ones, each for its message and user', async () => {
      const note = (messageId: string, userId: string) => ({ messageId, userId });
      const [mine, others] = [note(m1, user), note(m1, other)];
      expect(await one().why(m1, user)).toBeUndefined();
      await one().note(
        [
          { ...mine, reason: 'gathering', detail: null },
          { ...others, reason: 'muted', detail: null },
        ],
        start,
      );
      expect(await two().why(m1, user)).toEqual({ ...mine, reason: 'gathering', detail: null, at: start });
      await two().note(
        [
          { ...mine, reason: 'waiting', detail: 'away' },
          { ...mine, reason: 'sent', detail: '2 devices' },
        ],
        start + 5,
      );
      expect(await one().why(m1, user)).toEqual({
        ...mine,
        reason: 'sent',
        detail: '2 devices',
        at: start + 5,
      });
      // One that comes late, and one of the same moment.
      await one().note([{ ...mine, reason: 'gathering', detail: null }], start + 4);
      expect(await one().why(m1, user)).toMatchObject({ reason: 'sent', at: start + 5 });
      await one().note([{ ...mine, reason: 'collapsed', detail: null }], start + 5);
      const asked = [one().why(m1, user), one().why(m1, other), one().why(m2, user), one().why(m1, user)];
      expect((await Promise.all(asked)).map((each) => each?.reason)).toEqual([
        'collapsed',
        'muted',
        undefined,
        'collapsed',
      ]);
      await one().note([], start);
    });

    it('can tell whatever a push service says', async () => {
      const detail = `"wörter" \\ 👋 ${'x'.repeat(5_000)} \0 \ud83d end`;
      await one().note([{ messageId: m1, userId: user, reason: 'refused', detail }], start);
      const found = await two().why(m1, user);
      expect(found?.detail?.startsWith('"wörter" \\ 👋 xxx')).toBe(true);
      expect(found?.detail?.endsWith(' end')).toBe(true);
    });
  });

  describe('all of it', () => {
    const claimed = [{ messageId: m1, deviceId: d1 }];
    const write = async () => {
      await one().claim(claimed, start);
      await one().shown(user, chat, [d1], start);
      await one().note([{ messageId: m1, userId: user, reason: 'sent', detail: null }], start);
      await one().gather(messageOf(chat, 5), [user], windowMs, start - windowMs);
      await one().close(await one().take(start, 10, leaseMs));
      await one().gather(messageOf(other, 5), [user, d1], windowMs, start);
      await one().take(over, 1, leaseMs);
    };

    it('is remembered for a day', async () => {
      await write();
      await pass(dayMs - 60_000);
      expect(await two().claim(claimed, start)).toEqual([false]);
      expect(await two().takeShown(user, chat)).toEqual([d1]);
      expect(await two().why(m1, user)).toMatchObject({ reason: 'sent' });
      await two().gather(messageOf(chat, 5), [user], windowMs, start);
      expect((await two().take(start + dayMs, 10, leaseMs)).map(seqsOf)).toEqual([[5], [5]]);
    });

    it('is forgotten then', async () => {
      await write();
      await pass(dayMs + windowMs + 60_000);
      expect(await two().why(m1, user)).toBeUndefined();
      expect(await two().takeShown(user, chat)).toEqual([]);
      expect(await two().claim(claimed, start)).toEqual([true]);
      expect(await two().nextDue()).toBeNull();
      expect(await two().take(start + 2 * dayMs, 10, leaseMs)).toEqual([]);
      // Nor is it known what left a window.
      await two().gather(messageOf(chat, 5), [user], windowMs, start + dayMs);
      expect(await two().take(over + dayMs, 10, leaseMs)).toHaveLength(1);
    });
  });
}
