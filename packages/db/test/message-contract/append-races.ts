/** Storing batches beside other instances that do so. */
import { randomUUID } from 'node:crypto';
import type { AppendResult } from '@parley/core';
import { expect, it } from 'vitest';
import { everything, type Kit, message } from './kit.ts';

export function appendRaceContract(kit: Kit): void {
  it('stores one of fifty equal sends that come at once to two instances', async () => {
    const { messages: other } = await kit.open();
    const [chat, me, id] = [randomUUID(), randomUUID(), randomUUID()];
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        (n % 2 === 0 ? kit.store : other).append([
          message(chat, me, { client_msg_id: id, fingerprint: String(n) }),
        ]),
      ),
    );
    const outcomes = results.flat();
    expect(outcomes.filter((result) => result.outcome === 'stored')).toHaveLength(1);
    const [only, ...more] = await everything(kit.store, chat);
    expect(more).toEqual([]);
    for (const result of outcomes) {
      if (result.outcome === 'known') expect(result.message).toEqual(only);
    }
  });

  it('survives batches that collide on new ids in different chats', async () => {
    const [me, id] = [randomUUID(), randomUUID()];
    const batches = await Promise.all(
      Array.from({ length: 10 }, () => {
        const chat = randomUUID();
        return kit.store.append([message(chat, me, { client_msg_id: id }), message(chat, me)]);
      }),
    );
    expect(batches.filter(([first]) => first?.outcome === 'stored')).toHaveLength(1);
    // The neighbour of a known one is stored, with the number it would have had alone.
    for (const [first, second] of batches) {
      expect(second).toMatchObject({ outcome: 'stored', seq: first?.outcome === 'stored' ? 2 : 1 });
    }
  });

  it('shows numbers in their order and without holes while four instances write to one chat', async () => {
    const [chat, perInstance] = [randomUUID(), 200];
    const writers = await Promise.all(Array.from({ length: 4 }, () => kit.open()));
    let writing = true;
    const reader = (async () => {
      let seen = 0;
      while (writing) {
        const page = await kit.store.page({
          chatId: chat,
          before: null,
          after: seen,
          upTo: null,
          limit: 10_000,
        });
        const shown = page.map((m) => [m.seq, m.version]).reverse();
        expect(shown).toEqual(shown.map((_, index) => [seen + index + 1, seen + index + 1]));
        seen += page.length;
        const head = (await kit.store.heads([chat])).get(chat);
        expect(head?.seq ?? 0).toBeGreaterThanOrEqual(seen);
      }
    })();
    const given = await Promise.all(
      writers.map(async ({ messages: own }, writer) => {
        const [me, results]: [string, AppendResult[]] = [randomUUID(), []];
        while (results.length < perInstance) {
          const size = Math.min(1 + ((results.length + writer) % 20), perInstance - results.length);
          // Others' chats in the same batch are nobody's business.
          const batch = Array.from({ length: size }, () => [message(chat, me), message(me, me)]).flat();
          const stored = await own.append(batch);
          results.push(...stored.filter((_, index) => index % 2 === 0));
        }
        return results;
      }),
    ).finally(() => {
      writing = false;
    });
    await reader;
    const all = given.flat().map((result) => (result.outcome === 'stored' ? result.seq : -1));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 4 * perInstance }, (_, n) => n + 1));
    expect(await everything(kit.store, chat)).toHaveLength(4 * perInstance);
  }, 120_000);
}
