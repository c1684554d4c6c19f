/** Messages that carry files: who carries what, what a deletion takes away, and that a file is ready. */
import { randomUUID } from 'node:crypto';
import type { ChangeResult, CommittedChange, NewMessage } from '@parley/core';
import { expect, it, vi } from 'vitest';
import {
  carrying,
  changeOf,
  changesIn,
  type Deed,
  everything,
  type Kit,
  later,
  message,
  patience,
  sweep,
} from './kit.ts';

export function mediaContract(kit: Kit): void {
  const change = async (target: NewMessage, deed: Deed, at?: string): Promise<ChangeResult> => {
    const [result] = await kit.store.change([changeOf(target, deed, at)]);
    if (!result) throw new Error('a change without a result');
    return result;
  };
  const carriers = async (file: string, limit = 100) =>
    (await kit.store.carriers(file, limit)).sort((a, b) => a.seq - b.seq);
  const place = (m: NewMessage, seq: number) => ({ message_id: m.message_id, chat_id: m.chat_id, seq });
  const open = (chatId: string) => ({ chatId, after: 0, upTo: null });

  it('tells which messages carry a file, and which files are carried', async () => {
    const [chat, other, me] = [randomUUID(), randomUUID(), randomUUID()];
    const [file, second, nobodys] = [randomUUID(), randomUUID(), randomUUID()];
    const sent = [
      carrying(file, chat, me),
      message(chat, me),
      carrying(file, chat, me, { type: 'document', payload: { media_id: file, filename: 'a.pdf' } }),
      carrying(second, chat, me, { type: 'audio', payload: { media_id: second, duration_ms: 5 } }),
    ] as const;
    const elsewhere = carrying(file, other, me, { type: 'video', payload: { media_id: file, caption: 'x' } });
    await kit.store.append([...sent, elsewhere]);
    const all = [place(sent[0], 1), place(elsewhere, 1), place(sent[2], 3)];
    const found = await carriers(file);
    expect(found).toHaveLength(3);
    expect(found).toEqual(expect.arrayContaining(all));
    const some = await carriers(file, 2);
    expect(some).toHaveLength(2);
    for (const one of some) expect(all).toContainEqual(one);
    expect(await carriers(file, 0)).toEqual([]);
    expect(await carriers(second)).toEqual([place(sent[3], 4)]);
    expect(await carriers(nobodys)).toEqual([]);
    expect(await kit.store.carried([file, nobodys, second, file])).toEqual(new Set([file, second]));
    expect(await kit.store.carried([nobodys])).toEqual(new Set());
    expect(await kit.store.carried([])).toEqual(new Set());
  });

  it('tells whether a window has a message with the file', async () => {
    const [chat, empty, me, file] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    // 1 and 6 carry it, 3 does until its time is over.
    const sent = [1, 2, 3, 4, 5, 6].map((seq) =>
      seq === 1 || seq === 3 || seq === 6
        ? carrying(file, chat, me, { expires_at: seq === 3 ? later(1000) : null })
        : message(chat, me),
    );
    await kit.store.append(sent);
    const inChat = (after: number, upTo: number | null, at = 0) =>
      kit.store.carriedIn(file, [{ chatId: chat, after, upTo }], later(at));
    expect(await inChat(0, null)).toBe(true);
    expect(await inChat(0, 1)).toBe(true);
    expect(await inChat(0, 0)).toBe(false);
    expect(await inChat(1, 2)).toBe(false);
    expect(await inChat(1, 3)).toBe(true);
    expect(await inChat(2, 5, 999)).toBe(true);
    expect(await inChat(2, 5, 1000)).toBe(false);
    expect(await inChat(3, 5)).toBe(false);
    expect(await inChat(5, null)).toBe(true);
    expect(await inChat(6, null)).toBe(false);
    expect(await kit.store.carriedIn(file, [], later(0))).toBe(false);
    expect(await kit.store.carriedIn(randomUUID(), [open(chat)], later(0))).toBe(false);
    const windows = (...bounds: [number, number | null][]) =>
      bounds.map(([after, upTo]) => ({ chatId: chat, after, upTo }));
    // Any of them is enough, whichever it is.
    expect(await kit.store.carriedIn(file, [open(empty), ...windows([3, 5], [5, 6])], later(0))).toBe(true);
    expect(await kit.store.carriedIn(file, [...windows([5, null], [3, 5]), open(empty)], later(0))).toBe(
      true,
    );
    expect(await kit.store.carriedIn(file, [...windows([3, 5], [1, 2]), open(empty)], later(0))).toBe(false);
  });

  it('finds the one of a thousand chats that has it', async () => {
    const [me, file] = [randomUUID(), randomUUID()];
    const chats = Array.from({ length: 1000 }, () => randomUUID());
    const [last, before] = [chats[999] as string, chats[500] as string];
    await kit.store.append([message(last, me), carrying(file, last, me), carrying(file, before, me)]);
    const windows = (n: number) =>
      chats.map((chatId) => ({ chatId, after: chatId === last ? n : 1, upTo: null }));
    expect(await kit.store.carriedIn(file, windows(1), later(0))).toBe(true);
    expect(await kit.store.carriedIn(file, windows(2), later(0))).toBe(false);
  });

  it.each(['delete', 'expire'] as const)('says which file a message loses: %s', async (kind) => {
    const [chat, me, file] = [randomUUID(), randomUUID(), randomUUID()];
    const target = carrying(file, chat, me, { expires_at: later(1000) });
    const text = message(chat, me, { expires_at: later(1000) });
    await kit.store.append([target, text]);
    expect(await change(target, { kind: 'react', userId: me, emoji: '👍' }, later(0))).toMatchObject({
      outcome: 'changed',
      released: null,
    });
    const results = await kit.store.change([
      changeOf(target, { kind }, later(1000)),
      changeOf(target, { kind }, later(1000)),
      changeOf(text, { kind }, later(1000)),
    ]);
    expect(results).toMatchObject([
      { outcome: 'changed', released: file, message: { payload: {}, is_deleted: true } },
      { outcome: 'unchanged', message: { payload: {} } },
      { outcome: 'changed', released: null },
    ]);
    expect(results[0]).not.toHaveProperty('message.released');
    expect(results[1]).not.toHaveProperty('released');
    expect(await carriers(file)).toEqual([]);
    expect(await kit.store.carried([file])).toEqual(new Set());
    expect(await kit.store.carriedIn(file, [open(chat)], later(0))).toBe(false);
    // And says so after a crash too.
    const told: CommittedChange[] = [];
    await vi.waitFor(async () => {
      // Other tests left rows.
      const rows = await kit.outbox.pending(sweep);
      await kit.outbox.complete(rows.map(({ id }) => id));
      told.push(...rows.flatMap(changesIn).filter(({ chatId }) => chatId === chat));
      expect(told).toHaveLength(3);
    }, patience);
    expect(new Map(told.map((each) => [each.version, [each.kind, each.released]]))).toEqual(
      new Map([
        [3, ['react', null]],
        [4, [kind, file]],
        [5, [kind, null]],
      ]),
    );
  });

  it('raises versions where a file is ready, and changes nothing else', async () => {
    const [chat, me, file] = [randomUUID(), randomUUID(), randomUUID()];
    const target = carrying(file, chat, me, {
      tokens: ['lake'],
      payload: { media_id: file, caption: 'lake' },
    });
    await kit.store.append([target, message(chat, me)]);
    await change(target, { kind: 'react', userId: me, emoji: '👍' });
    const [, before] = await everything(kit.store, chat);
    const result = await change(target, { kind: 'media' }, later(70_000));
    const after = { ...before, version: 4, updated_at: later(70_000) };
    expect(result).toEqual({
      ...{ outcome: 'changed', outboxId: expect.any(String), released: null },
      message: after,
    });
    expect((await everything(kit.store, chat))[1]).toEqual(after);
    expect((await kit.store.heads([chat])).get(chat)).toEqual({ seq: 2, version: 4 });
    const terms = [{ token: 'lake', prefix: false }];
    const found = await kit.store.searchChat({ window: open(chat), terms, limit: 5, now: later(0) });
    expect(found).toEqual([after]);
    expect(await carriers(file)).toEqual([place(target, 1)]);
  });

  it('knows of no file that is ready where the message is deleted, over its time or not there', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const [deleted, over] = [0, 1].map((n) =>
      carrying(randomUUID(), chat, me, { expires_at: n === 1 ? later(1000) : null }),
    ) as [NewMessage, NewMessage];
    await kit.store.append([deleted, over]);
    await change(deleted, { kind: 'delete' });
    const stored = await everything(kit.store, chat);
    const deed: Deed = { kind: 'media' };
    expect(await change(deleted, deed)).toEqual({ outcome: 'gone' });
    expect(await change(over, deed, later(1000))).toEqual({ outcome: 'gone' });
    expect(await change(message(chat, me), deed)).toEqual({ outcome: 'gone' });
    expect(await change({ ...over, chat_id: randomUUID() }, deed, later(0))).toEqual({ outcome: 'gone' });
    expect(await everything(kit.store, chat)).toEqual(stored);
    expect(await change(over, deed, later(999))).toMatchObject({ outcome: 'changed' });
  });
}
