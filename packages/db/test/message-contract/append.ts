/** Storing batches: numbers, known ids, and what is given back. */
import { randomUUID } from 'node:crypto';
import type { NewMessage } from '@parley/core';
import { expect, it } from 'vitest';
import { everything, type Kit, later, message, numbers } from './kit.ts';

export function appendContract(kit: Kit): void {
  it('numbers each chat by itself, in the order given', async () => {
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    const results = await kit.store.append([message(a, me), message(b, me), message(a, me), message(a, me)]);
    expect(numbers(results)).toEqual([
      [1, 1],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(await kit.store.heads([a, b, randomUUID()])).toEqual(
      new Map([
        [a, { seq: 3, version: 3 }],
        [b, { seq: 1, version: 1 }],
      ]),
    );
  });

  it('gives back what was stored, whatever the text', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const bodies = [
      'é e\u0301 ﬀ',
      '中文 日本語 ไทย',
      '👩‍👩‍👧‍👦🏳️‍🌈',
      '\t\n',
      '\u202eright\u202c',
      '$where',
      'x'.repeat(4096),
    ];
    const [first, ...rest] = bodies.map((body) => message(chat, me, { payload: { body } }));
    const place = message(chat, me, {
      type: 'location',
      payload: { latitude: -33.8688, longitude: 151.2093, name: 'Sydney' },
      reply_to_message_id: first?.message_id ?? null,
    });
    const forward = message(chat, me, {
      forwarded_from: { chat_id: randomUUID(), message_id: randomUUID() },
      expires_at: later(86_400_000),
      tokens: ['hello', 'you'],
    });
    const [hidden, notice] = [
      message(chat, me, { forwarded_from: { chat_id: null, message_id: null } }),
      message(chat, me, {
        type: 'system',
        payload: { body: 'Somebody left', action: 'member_left', user_ids: [me] },
      }),
    ];
    const sent = [first as NewMessage, ...rest, place, forward, hidden, notice];
    await kit.store.append(sent);
    const stored = await kit.store.byIds([...sent.map((m) => m.message_id), randomUUID()]);
    expect([...stored.values()].sort((a, b) => a.seq - b.seq)).toEqual(
      sent.map(({ fingerprint: _f, context: _c, tokens: _t, ...m }, index) => ({
        ...m,
        seq: index + 1,
        version: index + 1,
        forwarded: m.forwarded_from !== null,
        reactions: {},
        is_deleted: false,
        updated_at: m.created_at,
        edited_at: null,
      })),
    );
    expect(await kit.store.known(me, place.client_msg_id)).toEqual({
      message: stored.get(place.message_id),
      fingerprint: 'f',
    });
    expect(await kit.store.known(randomUUID(), place.client_msg_id)).toBeUndefined();
    expect(await kit.store.known(me, randomUUID())).toBeUndefined();
  });

  it('gives no number to what it knows, within a batch and across batches', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const first = message(chat, me);
    const again = { ...message(chat, me), client_msg_id: first.client_msg_id, fingerprint: 'other' };
    const results = await kit.store.append([first, again, message(chat, me)]);
    expect(numbers(results)).toEqual([[1, 1], 'known', [2, 2]]);
    const [later, next] = await kit.store.append([again, message(chat, me)]);
    for (const known of [results[1], later]) {
      expect(known).toMatchObject({ message: { message_id: first.message_id, seq: 1 }, fingerprint: 'f' });
    }
    expect(next).toMatchObject({ outcome: 'stored', seq: 3 });
    // The id belongs to its sender: another may use the same.
    const [other] = await kit.store.append([
      message(chat, randomUUID(), { client_msg_id: first.client_msg_id }),
    ]);
    expect(other).toMatchObject({ outcome: 'stored', seq: 4 });
  });

  it('stores the neighbours of known ones, in their chat and in others', async () => {
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    const before = [message(a, me), message(a, me), message(b, me)];
    await kit.store.append(before);
    const again = before.map((m) => ({ ...m, message_id: randomUUID() }));
    const [knownA, knownA2, knownB] = again as [NewMessage, NewMessage, NewMessage];
    const batch = [message(a, me), knownA, message(b, me), knownB, message(a, me), knownA2, message(b, me)];
    const { messages: elsewhere } = await kit.open();
    expect(numbers(await elsewhere.append(batch))).toEqual([
      [3, 3],
      'known',
      [2, 2],
      'known',
      [4, 4],
      'known',
      [3, 3],
    ]);
    expect((await everything(kit.store, a)).map((m) => m.seq)).toEqual([4, 3, 2, 1]);
    // All of it again: everything is known, nothing takes a number.
    expect(new Set(numbers(await kit.store.append(batch)))).toEqual(new Set(['known']));
    expect(await kit.store.heads([a])).toEqual(new Map([[a, { seq: 4, version: 4 }]]));
  });

  it('goes on with right numbers when another instance wrote meanwhile', async () => {
    const { messages: other } = await kit.open();
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    await kit.store.append([message(a, me), message(b, me)]);
    await other.append([message(a, me), message(b, me), message(b, me)]);
    const results = await kit.store.append([message(b, me), message(a, me), message(b, me), message(a, me)]);
    expect(numbers(results)).toEqual([
      [4, 4],
      [3, 3],
      [5, 5],
      [4, 4],
    ]);
  });
}
