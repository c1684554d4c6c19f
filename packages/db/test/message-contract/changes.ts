/** Deleting, editing and reacting, one change at a time. */
import { randomUUID } from 'node:crypto';
import type { ChangeResult, NewMessage, StoredMessage } from '@parley/core';
import { expect, it } from 'vitest';
import { changeOf, type Deed, everything, type Kit, later, message } from './kit.ts';

export function changeContract(kit: Kit): void {
  /** Does one thing to a message; gives what it came to, and the message if it changed. */
  async function change(target: NewMessage, deed: Deed, at?: string): Promise<ChangeResult> {
    const [result, ...more] = await kit.store.change([changeOf(target, deed, at)]);
    expect(more).toEqual([]);
    if (!result) throw new Error('a change without a result');
    return result;
  }
  const changed = (more: Partial<StoredMessage>) => ({
    outcome: 'changed',
    outboxId: expect.any(String),
    released: null,
    message: expect.objectContaining(more),
  });
  const stored = async (id: string) => (await kit.store.byIds([id])).get(id);
  const edit: Deed = { kind: 'edit', payload: { body: 'better' }, tokens: ['better'] };

  it('empties a message that is deleted, and keeps its place', async () => {
    const [chat, me, you] = [randomUUID(), randomUUID(), randomUUID()];
    const target = message(chat, me, { tokens: ['secret'] });
    await kit.store.append([message(chat, you), target, message(chat, you)]);
    await change(target, { kind: 'react', userId: you, emoji: '👍' });
    const before = await stored(target.message_id);
    const result = await change(target, { kind: 'delete' }, later(5000));
    const after: StoredMessage = {
      ...(before as StoredMessage),
      version: 5,
      payload: {},
      reactions: {},
      is_deleted: true,
      updated_at: later(5000),
    };
    expect(result).toEqual({ ...changed({}), message: after });
    expect(await stored(target.message_id)).toEqual(after);
    expect((await everything(kit.store, chat)).map((m) => [m.seq, m.version])).toEqual([
      [3, 3],
      [2, 5],
      [1, 1],
    ]);
    expect(await kit.store.heads([chat])).toEqual(new Map([[chat, { seq: 3, version: 5 }]]));
    // A repeated send still learns of it.
    expect((await kit.store.known(me, target.client_msg_id))?.message).toEqual(after);
    const window = { chatId: chat, after: 0, upTo: null };
    const terms = [{ token: 'secret', prefix: false }];
    expect(await kit.store.searchChat({ window, terms, limit: 5, now: later(0) })).toEqual([]);
  });

  it('can neither edit nor react to what is deleted, and deletes it once', async () => {
    const target = message(randomUUID(), randomUUID());
    await kit.store.append([target]);
    await change(target, { kind: 'delete' });
    const after = await stored(target.message_id);
    expect(await change(target, edit)).toEqual({ outcome: 'gone' });
    expect(await change(target, { kind: 'react', userId: randomUUID(), emoji: '👍' })).toEqual({
      outcome: 'gone',
    });
    expect(await change(target, { kind: 'delete' }, later(99_000))).toEqual({
      outcome: 'unchanged',
      message: after,
    });
    expect(await change(target, { kind: 'expire' }, later(99_000))).toMatchObject({ outcome: 'unchanged' });
    expect(await stored(target.message_id)).toEqual(after);
    expect((await kit.store.heads([target.chat_id])).get(target.chat_id)).toEqual({ seq: 1, version: 2 });
  });

  it('edits', async () => {
    const target = message(randomUUID(), randomUUID(), { tokens: ['worse'] });
    await kit.store.append([target]);
    const before = await stored(target.message_id);
    const result = await change(target, edit, later(7000));
    const after = {
      ...before,
      version: 2,
      payload: { body: 'better' },
      updated_at: later(7000),
      edited_at: later(7000),
    };
    expect(result).toEqual({ ...changed({}), message: after });
    expect(await stored(target.message_id)).toEqual(after);
    const find = async (token: string) => {
      const window = { chatId: target.chat_id, after: 0, upTo: null };
      const terms = [{ token, prefix: false }];
      return (await kit.store.searchChat({ window, terms, limit: 5, now: later(0) })).map(
        (m) => m.message_id,
      );
    };
    expect(await find('worse')).toEqual([]);
    expect(await find('better')).toEqual([target.message_id]);
  });

  it('keeps one reaction per user', async () => {
    const [ann, ben] = [randomUUID(), randomUUID()];
    const target = message(randomUUID(), ann);
    await kit.store.append([target]);
    const react = (userId: string, emoji: string | null) => change(target, { kind: 'react', userId, emoji });
    expect(await react(ann, '👍')).toEqual(changed({ version: 2, reactions: { [ann]: '👍' } }));
    expect(await react(ben, '👩‍👩‍👧‍👦')).toEqual(
      changed({ version: 3, reactions: { [ann]: '👍', [ben]: '👩‍👩‍👧‍👦' } }),
    );
    expect(await react(ann, '❤️')).toEqual(
      changed({ version: 4, reactions: { [ann]: '❤️', [ben]: '👩‍👩‍👧‍👦' } }),
    );
    const same = await react(ann, '❤️');
    expect(same).toEqual({ outcome: 'unchanged', message: await stored(target.message_id) });
    expect(await react(ann, null)).toEqual(changed({ version: 5, reactions: { [ben]: '👩‍👩‍👧‍👦' } }));
    expect(await react(ann, null)).toMatchObject({ outcome: 'unchanged' });
    expect(await stored(target.message_id)).toMatchObject({
      version: 5,
      reactions: { [ben]: '👩‍👩‍👧‍👦' },
      edited_at: null,
      is_deleted: false,
      payload: target.payload,
    });
    expect((await kit.store.heads([target.chat_id])).get(target.chat_id)).toEqual({ seq: 1, version: 5 });
  });

  it('lets a message expire when its time is over, not before', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const [target, forEver] = [message(chat, me, { expires_at: later(1000) }), message(chat, me)];
    await kit.store.append([target, forEver]);
    expect(await change(target, { kind: 'expire' }, later(999))).toEqual({
      outcome: 'unchanged',
      message: await stored(target.message_id),
    });
    expect(await change(forEver, { kind: 'expire' }, later(1e9))).toMatchObject({ outcome: 'unchanged' });
    const result = await change(target, { kind: 'expire' }, later(1000));
    const emptied = { version: 3, payload: {}, is_deleted: true, expires_at: later(1000), edited_at: null };
    expect(result).toEqual(changed({ ...emptied, updated_at: later(1000) }));
    expect(await stored(target.message_id)).toMatchObject(emptied);
  });

  it('can only delete what is over its time', async () => {
    const target = message(randomUUID(), randomUUID(), { expires_at: later(1000) });
    await kit.store.append([target]);
    const react: Deed = { kind: 'react', userId: randomUUID(), emoji: '👍' };
    expect(await change(target, react, later(999))).toMatchObject({ outcome: 'changed' });
    expect(await change(target, edit, later(999))).toMatchObject({ outcome: 'changed' });
    expect(await change(target, { ...react, userId: randomUUID() }, later(1000))).toEqual({
      outcome: 'gone',
    });
    expect(await change(target, edit, later(1000))).toEqual({ outcome: 'gone' });
    expect(await change(target, { kind: 'delete' }, later(1001))).toEqual(changed({ is_deleted: true }));
  });

  it('knows nothing of messages that are not there, or not in that chat', async () => {
    const target = message(randomUUID(), randomUUID());
    await kit.store.append([target]);
    const elsewhere = message(randomUUID(), randomUUID());
    await kit.store.append([elsewhere]);
    for (const kind of ['delete', 'expire'] as const) {
      expect(await change(message(target.chat_id, randomUUID()), { kind })).toEqual({ outcome: 'gone' });
      expect(await change(message(randomUUID(), randomUUID()), { kind })).toEqual({ outcome: 'gone' });
      const astray = { ...target, chat_id: elsewhere.chat_id };
      expect(await change(astray, { kind }, later(1e9))).toEqual({ outcome: 'gone' });
      expect(await change({ ...target, chat_id: randomUUID() }, { kind })).toEqual({ outcome: 'gone' });
    }
    expect(await kit.store.change([])).toEqual([]);
    expect(await stored(target.message_id)).toMatchObject({ version: 1, is_deleted: false });
  });
}
