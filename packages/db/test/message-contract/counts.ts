/** Unread counts, the newest messages, activity and expiry, each by example; `model.ts` compares them with a plain list. */
import { randomUUID } from 'node:crypto';
import type { Window } from '@parley/core';
import { expect, it } from 'vitest';
import { changeOf, type Kit, later, message } from './kit.ts';

export function countContract(kit: Kit): void {
  const all = (chatId: string): Window => ({ chatId, after: 0, upTo: null });

  it('counts what is unread in many windows at once', async () => {
    const [a, b, me, you] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const sent = [
      message(a, you),
      message(a, me),
      message(a, you, { type: 'system' }),
      message(a, you),
      message(a, you, { expires_at: later(1000) }),
      message(a, you),
      message(b, me),
      message(b, you),
    ];
    await kit.store.append(sent);
    const id = (index: number) => sent[index]?.message_id ?? '';
    await kit.store.change([changeOf({ message_id: id(3), chat_id: a }, { kind: 'delete' })]);
    const ask = (window: Window, except: string[] = [], userId = me) => ({ ...window, userId, except });
    const asks = [
      ask(all(a)),
      ask(all(a), [id(0), id(3), randomUUID(), id(0)]),
      ask({ ...all(a), after: 1 }),
      ask({ ...all(a), upTo: 5 }),
      ask({ ...all(a), after: 6 }),
      ask({ ...all(a), after: 9, upTo: 4 }),
      ask(all(b)),
      ask(all(b), [id(5)]),
      ask(all(randomUUID())),
      ask(all(a), [], you),
      ask(all(a), [], randomUUID()),
      ask(all(a)),
    ];
    expect(await kit.store.unread(asks, later(999))).toEqual([3, 2, 2, 2, 0, 0, 1, 1, 0, 1, 4, 3]);
    // From its last moment on an expired message does not count, emptied or not.
    expect(await kit.store.unread([ask(all(a)), ask(all(a), [id(4)])], later(1000))).toEqual([2, 2]);
    await kit.store.change([changeOf({ message_id: id(4), chat_id: a }, { kind: 'expire' })]);
    expect(await kit.store.unread([ask(all(a))], later(1000))).toEqual([2]);
    expect(await kit.store.unread([], later(0))).toEqual([]);
  });

  it('finds the newest message that is left in each window', async () => {
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    const sent = [
      message(a, me),
      message(a, me, { type: 'system' }),
      message(a, me),
      message(a, me, { expires_at: later(1000) }),
      message(b, me),
    ];
    await kit.store.append(sent);
    const ids = sent.map((m) => m.message_id) as [string, string, string, string, string];
    const newest = async (asks: (Window & { except?: string[] })[], now: string) =>
      (
        await kit.store.newest(
          asks.map((ask) => ({ except: [], ...ask })),
          now,
        )
      ).map((m) => m && ids.indexOf(m.message_id));
    const asks = [
      all(a),
      { ...all(a), upTo: 2 },
      { ...all(a), after: 4 },
      { ...all(a), except: [ids[3]] },
      { ...all(a), upTo: 3, except: [ids[1], ids[2], randomUUID()] },
      all(b),
      all(randomUUID()),
      { ...all(b), except: [ids[4]] },
    ];
    expect(await newest(asks, later(999))).toEqual([3, 1, undefined, 2, 0, 4, undefined, undefined]);
    await kit.store.change([changeOf(sent[2] as (typeof sent)[number], { kind: 'delete' })]);
    expect(await newest([all(a), { ...all(a), upTo: 3 }, { ...all(a), after: 1 }], later(1000))).toEqual([
      1, 1, 1,
    ]);
    const [whole] = await kit.store.newest([{ ...all(b), except: [] }], later(0));
    expect(whole).toEqual((await kit.store.byIds([ids[4]])).get(ids[4]));
    expect(await kit.store.newest([], later(0))).toEqual([]);
  });

  it('tells when the newest message of a chat was sent, now and by a time', async () => {
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    const times = [0, 1000, 1000, 2000, 3500, 3600, 9000].map(later);
    const sent = times.map((created_at) => message(a, me, { created_at }));
    for (const m of sent) await kit.store.append([m]);
    await kit.store.append([message(b, me, { created_at: later(1500) })]);
    // Deleted ones count: what somebody deletes moves no chat.
    await kit.store.change([changeOf(sent[6] as (typeof sent)[number], { kind: 'delete' }, later(99_000))]);
    const activity = async (asOf?: string) => [
      ...(await kit.store.activity([a, b, randomUUID()], asOf)).entries(),
    ];
    const at = (...entries: [string, number][]) => entries.map(([chat, ms]) => [chat, later(ms)]);
    const sorted = async (asOf?: string) => (await activity(asOf)).sort(([x]) => (x === a ? -1 : 1));
    expect(await sorted()).toEqual(at([a, 9000], [b, 1500]));
    expect(await sorted(later(9000))).toEqual(at([a, 9000], [b, 1500]));
    expect(await sorted(later(8999))).toEqual(at([a, 3600], [b, 1500]));
    expect(await sorted(later(1999))).toEqual(at([a, 1000], [b, 1500]));
    expect(await sorted(later(999))).toEqual(at([a, 0]));
    expect(await sorted(later(-1))).toEqual([]);
    expect(await kit.store.activity([])).toEqual(new Map());
  });

  it('finds what is over its time until it is emptied, longest over first', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    // Long before what other tests leave behind.
    const long = (ms: number) => new Date(Date.parse('2001-01-01T00:00:00.000Z') + ms).toISOString();
    const sent = [3000, 1000, 2000, 4000].map((ms) => message(chat, me, { expires_at: long(ms) }));
    await kit.store.append([...sent, message(chat, me)]);
    const expired = async (now: string, limit: number) =>
      (await kit.store.expired(now, limit)).map((found) => {
        expect(found).toEqual({ message_id: found.message_id, chat_id: chat });
        return sent.findIndex((m) => m.message_id === found.message_id);
      });
    expect(await expired(long(3000), 10)).toEqual([1, 2, 0]);
    expect(await expired(long(999), 10)).toEqual([]);
    expect(await expired(long(9000), 2)).toEqual([1, 2]);
    await kit.store.change([
      changeOf(sent[1] as (typeof sent)[number], { kind: 'expire' }),
      changeOf(sent[2] as (typeof sent)[number], { kind: 'delete' }),
    ]);
    expect(await expired(long(9000), 10)).toEqual([0, 3]);
    await kit.store.change(sent.map((m) => changeOf(m, { kind: 'expire' })));
    expect(await expired(long(9000), 10)).toEqual([]);
  });
}
