/** The outbox as `append` fills it. */
import { randomUUID } from 'node:crypto';
import type { OutboxStore } from '@parley/core';
import { expect, it, vi } from 'vitest';
import { everything, idsOf, type Kit, message, patience, sweep } from './kit.ts';

export function outboxContract(kit: Kit): void {
  it('keeps the outbox row in the same commit, until it is completed', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const batch = [message(chat, me), message(chat, me), message(chat, me)];
    const results = await kit.store.append(batch);
    const outboxIds = new Set(results.map((result) => result.outcome === 'stored' && result.outboxId));
    expect(outboxIds.size).toBe(1);
    // Another process finds it: it is in the store, not in the memory of who wrote it. Not in the same millisecond perhaps:
    // engines round times, some of them up.
    const { outbox: relay } = await kit.open();
    const row = await vi.waitFor(async () => {
      const found = (await relay.pending(sweep)).find(({ id }) => outboxIds.has(id));
      expect(found).toBeDefined();
      return found;
    }, patience);
    expect(row).toMatchObject({
      subject: 'msg.new',
      payload: { messages: batch.map((m) => ({ id: m.message_id, context: m.context })) },
    });
    // Claimed rows are left to whoever claimed them, until the claim runs out.
    expect((await kit.outbox.pending(sweep)).some(({ id }) => outboxIds.has(id))).toBe(false);
    await relay.complete([row?.id ?? '']);
    await expectNothingPending(chat);
  });

  it('forgets what the process that stored it published, without a sweep', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const results = await kit.store.append([message(chat, me), message(chat, me)]);
    await kit.outbox.complete(
      results.flatMap((result) => (result.outcome === 'stored' ? result.outboxId : [])),
    );
    await kit.outbox.complete([]);
    await expectNothingPending(chat);
  });

  it('leaves young rows to who wrote them, and gives claims that ran out to others', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const [result] = await kit.store.append([message(chat, me)]);
    const id = result?.outcome === 'stored' ? result.outboxId : '';
    const has = async (input: typeof sweep) => (await kit.outbox.pending(input)).some((row) => row.id === id);
    const soonHas = (input: typeof sweep) =>
      vi.waitFor(async () => expect(await has(input)).toBe(true), patience);
    expect(await has({ ...sweep, olderThanSeconds: 60 })).toBe(false);
    await soonHas({ ...sweep, claimSeconds: 0 });
    await soonHas(sweep);
    expect(await has(sweep)).toBe(false);
  });

  it('gives relays that sweep at the same time different rows, oldest first', async () => {
    const relays = await Promise.all(Array.from({ length: 6 }, () => kit.open()));
    const [chat, me] = [randomUUID(), randomUUID()];
    const order: string[] = [];
    for (let n = 0; n < 60; n++) {
      const batch = [message(chat, me), message(chat, me)];
      await kit.store.append(batch);
      order.push(...batch.map((m) => m.message_id));
    }
    const drain = async (relay: OutboxStore, limit: number) => {
      const ids: string[] = [];
      for (;;) {
        const rows = await relay.pending({ ...sweep, limit });
        if (rows.length === 0) return ids;
        expect(rows.length).toBeLessThanOrEqual(limit);
        ids.push(...rows.flatMap(idsOf).filter((id) => order.includes(id)));
      }
    };
    const taken = await Promise.all(relays.map((relay, n) => drain(relay.outbox, 1 + n)));
    // Sweeps that met at the same rows may have left some to each other.
    taken.push(await drain(kit.outbox, 1_000));
    expect(taken.flat().sort()).toEqual([...order].sort());
    for (const ids of taken)
      expect(ids).toEqual([...ids].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  });

  async function expectNothingPending(chat: string): Promise<void> {
    const ids = new Set((await everything(kit.store, chat)).map((m) => m.message_id));
    const rows = await kit.outbox.pending({ ...sweep, claimSeconds: 0 });
    expect(rows.flatMap(idsOf).filter((id) => ids.has(id))).toEqual([]);
  }
}
