/** Part of the push ledgers' contract suite: whatever happens, the windows are what plain objects say. */
import type { PushWindow } from '@parley/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ids, type Ledgers, messageOf, start } from './push-ledger-kit.ts';
import { PushWindowsModel } from './push-ledger-model.ts';

const [chats, users] = [ids(2), ids(4)];

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('gather' as const),
      chat: fc.nat(1),
      seq: fc.integer({ min: 1, max: 25 }),
      users: fc.uniqueArray(fc.nat(3), { maxLength: 4 }),
      windowMs: fc.constantFrom(0, 30, 100),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      limit: fc.integer({ min: 0, max: 6 }),
      leaseMs: fc.constantFrom(1, 40, 200),
    }),
  },
  // Of all that were ever taken: some are closed already, or were taken by others since.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), which: fc.array(fc.nat()) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 60 }) }),
  },
);

export function pushProperties(ledgers: Ledgers, clear: () => Promise<void>): void {
  it('windows are what plain objects say, whatever is done in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        await clear();
        const model = new PushWindowsModel();
        const seen: PushWindow[] = [];
        let now = start;
        for (const [n, each] of steps.entries()) {
          const ledger = ledgers()[n % 2 === 0 ? 0 : 1];
          if (each.kind === 'pass') now += each.ms;
          else if (each.kind === 'gather') {
            const message = messageOf(chats[each.chat] ?? '', each.seq);
            const to = each.users.map((user) => users[user] ?? '');
            await ledger.gather(message, to, each.windowMs, now);
            model.gather(message, to, each.windowMs, now);
          } else if (each.kind === 'take') {
            const taken = await ledger.take(now, each.limit, each.leaseMs);
            expect(model.take(now, each.limit, each.leaseMs, taken)).toBeUndefined();
            seen.push(...taken);
            expect(new Set(seen.map(({ lease }) => lease)).size).toBe(seen.length);
          } else {
            const closed = each.which.flatMap((place) => seen[place % (seen.length || 1)] ?? []);
            await ledger.close(closed);
            model.close(closed);
          }
          expect(await ledger.nextDue()).toBe(model.nextDue());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('windows of more than they keep are what plain objects say, in whatever order messages come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 180 }), { minLength: 110, maxLength: 200 }),
        async (seqs) => {
          await clear();
          const model = new PushWindowsModel();
          for (const seq of seqs) {
            const message = messageOf(chats[0] ?? '', seq);
            await ledgers()[0].gather(message, users, 0, start);
            model.gather(message, users, 0, start);
          }
          const taken = await ledgers()[0].take(start, 10, 1);
          expect(model.take(start, 10, 1, taken)).toBeUndefined();
        },
      ),
      { numRuns: 8 },
    );
  });
}
