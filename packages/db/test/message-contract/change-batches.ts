/** Changes in batches, beside each other and beside sends: numbers, order and the outbox. */
import { randomUUID } from 'node:crypto';
import type { ChangeResult, CommittedChange, MessageChange } from '@parley/core';
import { expect, it, vi } from 'vitest';
import { changeOf, changesIn, everything, type Kit, message, patience, sweep } from './kit.ts';

const versionOf = (result: ChangeResult | undefined) =>
  result?.outcome === 'changed' ? result.message.version : result?.outcome;

export function changeBatchContract(kit: Kit): void {
  it('applies a batch in its order, over messages and chats', async () => {
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    const [one, two, other] = [message(a, me), message(a, me), message(b, me)];
    await kit.store.append([one, two, other]);
    const results = await kit.store.change([
      changeOf(two, { kind: 'react', userId: me, emoji: '👍' }),
      changeOf(other, { kind: 'react', userId: me, emoji: '👍' }),
      changeOf(two, { kind: 'react', userId: me, emoji: '👍' }),
      changeOf(two, { kind: 'react', userId: me, emoji: '❤️' }),
      changeOf(message(a, me), { kind: 'delete' }),
      changeOf(one, { kind: 'edit', payload: { body: 'x' }, tokens: [] }),
      changeOf(two, { kind: 'delete' }),
      changeOf(two, { kind: 'react', userId: me, emoji: null }),
      changeOf(two, { kind: 'delete' }),
    ]);
    expect(results.map(versionOf)).toEqual([3, 2, 'unchanged', 4, 'gone', 5, 6, 'gone', 'unchanged']);
    // Each result shows the message as its change left it.
    expect(results[6]).toMatchObject({ message: { is_deleted: true, reactions: {}, payload: {} } });
    expect(await kit.store.heads([a, b])).toEqual(
      new Map([
        [a, { seq: 2, version: 6 }],
        [b, { seq: 1, version: 2 }],
      ]),
    );
    // The next message goes on behind them.
    const [next] = await kit.store.append([message(a, me)]);
    expect(next).toMatchObject({ outcome: 'stored', seq: 3, version: 7 });
  });

  const committed = (change: MessageChange, seq: number, version: number): CommittedChange => ({
    messageId: change.messageId,
    chatId: change.chatId,
    kind: change.kind,
    seq,
    version,
    userId: change.kind === 'react' ? change.userId : null,
    emoji: change.kind === 'react' ? change.emoji : null,
    released: null,
    context: change.context,
  });

  it('writes what was changed to the outbox, in the same commit', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const [one, two] = [message(chat, me), message(chat, me)];
    await kit.store.append([one, two]);
    const changes = [
      changeOf(one, { kind: 'react', userId: me, emoji: '👍' }),
      changeOf(one, { kind: 'react', userId: me, emoji: '👍' }),
      changeOf(two, { kind: 'edit', payload: { body: 'x' }, tokens: [] }),
      changeOf(one, { kind: 'react', userId: me, emoji: null }),
      changeOf(one, { kind: 'delete' }),
    ] as const;
    const results = await kit.store.change(changes);
    const outboxIds = new Set(results.flatMap((r) => (r.outcome === 'changed' ? [r.outboxId] : [])));
    const { outbox: relay } = await kit.open();
    const rows = await vi.waitFor(async () => {
      const found = await relay.pending({ ...sweep, claimSeconds: 0 });
      const own = found.filter(({ id }) => outboxIds.has(id));
      expect(own).toHaveLength(outboxIds.size);
      return own;
    }, patience);
    expect(rows.flatMap(changesIn)).toEqual([
      committed(changes[0], 1, 3),
      committed(changes[2], 2, 4),
      committed(changes[3], 1, 5),
      committed(changes[4], 1, 6),
    ]);
    await kit.outbox.complete([...outboxIds]);
    const left = await relay.pending({ ...sweep, claimSeconds: 0 });
    expect(left.flatMap(changesIn).filter((change) => change.chatId === chat)).toEqual([]);
  });

  it('writes no outbox row for nothing', async () => {
    const target = message(randomUUID(), randomUUID());
    await kit.store.append([target]);
    await kit.store.change([
      changeOf(target, { kind: 'react', userId: randomUUID(), emoji: null }),
      changeOf(message(target.chat_id, randomUUID()), { kind: 'delete' }),
    ]);
    // Engines round times: what is written now is seen soon.
    const next = changeOf(target, { kind: 'delete' });
    await kit.store.change([next]);
    const seen = await vi.waitFor(async () => {
      const rows = await kit.outbox.pending({ ...sweep, claimSeconds: 0 });
      const own = rows.filter((row) => changesIn(row).some((change) => change.chatId === target.chat_id));
      expect(own.length).toBeGreaterThan(0);
      return own;
    }, patience);
    expect(seen.map(changesIn)).toEqual([[committed(next, 1, 2)]]);
  });

  it('numbers sends and changes of four instances in one order, without holes', async () => {
    const [chat, other, me] = [randomUUID(), randomUUID(), randomUUID()];
    const targets = Array.from({ length: 12 }, (_, n) => message(n % 2 === 0 ? chat : other, me));
    await kit.store.append(targets);
    const writers = await Promise.all(Array.from({ length: 4 }, () => kit.open()));
    const rounds = 12;
    const versions = await Promise.all(
      writers.map(async ({ messages }, writer) => {
        const [user, given]: [string, unknown[]] = [randomUUID(), []];
        for (let round = 0; round < rounds; round++) {
          if ((round + writer) % 3 === 0) {
            // The chats in one order here and in the other below: nobody may wait in a circle.
            const sent = await messages.append([message(chat, user), message(other, user)]);
            given.push(sent[0]?.outcome === 'stored' ? sent[0].version : -1);
          } else {
            const order = round % 2 === 0 ? targets : [...targets].reverse();
            const deeds = order.map((m) => changeOf(m, { kind: 'react', userId: user, emoji: `${round}` }));
            const results = await messages.change(deeds);
            given.push(...results.filter((_, n) => order[n]?.chat_id === chat).map(versionOf));
          }
        }
        return given as number[];
      }),
    );
    const all = versions.flat().sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: all.length }, (_, n) => n + 7));
    const head = (await kit.store.heads([chat])).get(chat);
    expect(head?.version).toBe(6 + all.length);
    const stored = await everything(kit.store, chat);
    expect(stored.map((m) => m.seq)).toEqual(stored.map((_, n) => stored.length - n));
    expect(new Set(stored.map((m) => m.version)).size).toBe(stored.length);
    for (const m of stored.filter((each) => each.seq <= 6)) expect(Object.keys(m.reactions)).toHaveLength(4);
  }, 120_000);
}
