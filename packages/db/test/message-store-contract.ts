/** What every engine behind `MessageStore`, with its part of the outbox, promises. */
import { randomUUID } from 'node:crypto';
import type {
  AppendResult,
  EventContext,
  MessageStore,
  NewMessage,
  OutboxRow,
  OutboxStore,
} from '@parley/core';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { messageModel } from './support/message-model.ts';

/** The stores as one process has them. */
export interface MessageStoreInstance {
  messages: MessageStore;
  outbox: OutboxStore;
  close(): Promise<void>;
}

export interface MessageStoreEngine {
  /** One more instance on the same data, as another process would have it. */
  open(): Promise<MessageStoreInstance>;
  /** Marks a message as deleted for everyone; core cannot yet. */
  markDeleted(messageId: string): Promise<void>;
}

export const context = (): EventContext => ({
  eventId: randomUUID(),
  requestId: 'r',
  trace: null,
  origin: null,
});

export const message = (chat: string, sender: string, more: Partial<NewMessage> = {}): NewMessage => ({
  message_id: randomUUID(),
  chat_id: chat,
  sender_id: sender,
  client_msg_id: randomUUID(),
  type: 'text',
  payload: { body: 'hello "you" \\ {1,2} $set a.b 👋' },
  reply_to_message_id: null,
  fingerprint: 'f',
  created_at: '2026-03-01T09:12:44.310Z',
  context: context(),
  ...more,
});

const numbers = (results: AppendResult[]) =>
  results.map((result) => (result.outcome === 'stored' ? [result.seq, result.version] : result.outcome));

const idsOf = (row: OutboxRow) =>
  (row.payload as { messages: { id: string }[] }).messages.map(({ id }) => id);

const patience = { timeout: 20_000, interval: 5 };

/** Registers the tests; `engine` is called when they run. */
export function messageStoreContract(engine: () => MessageStoreEngine): void {
  let instances: MessageStoreInstance[] = [];
  let store: MessageStore;
  let outbox: OutboxStore;
  const open = async () => {
    const instance = await engine().open();
    instances.push(instance);
    return instance;
  };
  beforeEach(async () => {
    ({ messages: store, outbox } = await open());
  });
  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    instances = [];
  });
  const everything = (chatId: string) =>
    store.page({ chatId, before: null, after: 0, upTo: null, limit: 10_000 });

  it('numbers each chat by itself, in the order given', async () => {
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    const results = await store.append([message(a, me), message(b, me), message(a, me), message(a, me)]);
    expect(numbers(results)).toEqual([
      [1, 1],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(await store.heads([a, b, randomUUID()])).toEqual(
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
    const sent = [first as NewMessage, ...rest, place];
    await store.append(sent);
    const stored = await store.byIds([...sent.map((m) => m.message_id), randomUUID()]);
    expect([...stored.values()].sort((a, b) => a.seq - b.seq)).toEqual(
      sent.map(({ fingerprint: _f, context: _c, ...m }, index) => ({
        ...m,
        seq: index + 1,
        version: index + 1,
        forwarded: false,
        forwarded_from: null,
        reactions: {},
        is_deleted: false,
        updated_at: m.created_at,
        edited_at: null,
      })),
    );
    expect(await store.known(me, place.client_msg_id)).toEqual({
      message: stored.get(place.message_id),
      fingerprint: 'f',
    });
    expect(await store.known(randomUUID(), place.client_msg_id)).toBeUndefined();
    expect(await store.known(me, randomUUID())).toBeUndefined();
  });

  it('gives no number to what it knows, within a batch and across batches', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const first = message(chat, me);
    const again = { ...message(chat, me), client_msg_id: first.client_msg_id, fingerprint: 'other' };
    const results = await store.append([first, again, message(chat, me)]);
    expect(numbers(results)).toEqual([[1, 1], 'known', [2, 2]]);
    const [later, next] = await store.append([again, message(chat, me)]);
    for (const known of [results[1], later]) {
      expect(known).toMatchObject({ message: { message_id: first.message_id, seq: 1 }, fingerprint: 'f' });
    }
    expect(next).toMatchObject({ outcome: 'stored', seq: 3 });
    // The id belongs to its sender: another may use the same.
    const [other] = await store.append([message(chat, randomUUID(), { client_msg_id: first.client_msg_id })]);
    expect(other).toMatchObject({ outcome: 'stored', seq: 4 });
  });

  it('stores the neighbours of known ones, in their chat and in others', async () => {
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    const before = [message(a, me), message(a, me), message(b, me)];
    await store.append(before);
    const again = before.map((m) => ({ ...m, message_id: randomUUID() }));
    const [knownA, knownA2, knownB] = again as [NewMessage, NewMessage, NewMessage];
    const batch = [message(a, me), knownA, message(b, me), knownB, message(a, me), knownA2, message(b, me)];
    const { messages: elsewhere } = await open();
    expect(numbers(await elsewhere.append(batch))).toEqual([
      [3, 3],
      'known',
      [2, 2],
      'known',
      [4, 4],
      'known',
      [3, 3],
    ]);
    expect((await everything(a)).map((m) => m.seq)).toEqual([4, 3, 2, 1]);
    // All of it again: everything is known, nothing takes a number.
    expect(new Set(numbers(await store.append(batch)))).toEqual(new Set(['known']));
    expect(await store.heads([a])).toEqual(new Map([[a, { seq: 4, version: 4 }]]));
  });

  it('goes on with right numbers when another instance wrote meanwhile', async () => {
    const { messages: other } = await open();
    const [a, b, me] = [randomUUID(), randomUUID(), randomUUID()];
    await store.append([message(a, me), message(b, me)]);
    await other.append([message(a, me), message(b, me), message(b, me)]);
    const results = await store.append([message(b, me), message(a, me), message(b, me), message(a, me)]);
    expect(numbers(results)).toEqual([
      [4, 4],
      [3, 3],
      [5, 5],
      [4, 4],
    ]);
  });

  it('stores one of fifty equal sends that come at once to two instances', async () => {
    const { messages: other } = await open();
    const [chat, me, id] = [randomUUID(), randomUUID(), randomUUID()];
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        (n % 2 === 0 ? store : other).append([
          message(chat, me, { client_msg_id: id, fingerprint: String(n) }),
        ]),
      ),
    );
    const outcomes = results.flat();
    expect(outcomes.filter((result) => result.outcome === 'stored')).toHaveLength(1);
    const [only, ...more] = await everything(chat);
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
        return store.append([message(chat, me, { client_msg_id: id }), message(chat, me)]);
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
    const writers = await Promise.all(Array.from({ length: 4 }, open));
    let writing = true;
    const reader = (async () => {
      let seen = 0;
      while (writing) {
        const page = await store.page({ chatId: chat, before: null, after: seen, upTo: null, limit: 10_000 });
        const shown = page.map((m) => [m.seq, m.version]).reverse();
        expect(shown).toEqual(shown.map((_, index) => [seen + index + 1, seen + index + 1]));
        seen += page.length;
        const head = (await store.heads([chat])).get(chat);
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
    expect(await everything(chat)).toHaveLength(4 * perInstance);
  }, 120_000);

  const sweep = { olderThanSeconds: 0, limit: 1000, claimSeconds: 30 };

  it('keeps the outbox row in the same commit, until it is completed', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const batch = [message(chat, me), message(chat, me), message(chat, me)];
    const results = await store.append(batch);
    const outboxIds = new Set(results.map((result) => result.outcome === 'stored' && result.outboxId));
    expect(outboxIds.size).toBe(1);
    // Another process finds it: it is in the store, not in the memory of who wrote it. Not in the same millisecond perhaps:
    // engines round times, some of them up.
    const { outbox: relay } = await open();
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
    expect((await outbox.pending(sweep)).some(({ id }) => outboxIds.has(id))).toBe(false);
    await relay.complete([row?.id ?? '']);
    await expectNothingPending(chat);
  });

  it('forgets what the process that stored it published, without a sweep', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const results = await store.append([message(chat, me), message(chat, me)]);
    await outbox.complete(results.flatMap((result) => (result.outcome === 'stored' ? result.outboxId : [])));
    await outbox.complete([]);
    await expectNothingPending(chat);
  });

  it('leaves young rows to who wrote them, and gives claims that ran out to others', async () => {
    const [chat, me] = [randomUUID(), randomUUID()];
    const [result] = await store.append([message(chat, me)]);
    const id = result?.outcome === 'stored' ? result.outboxId : '';
    const has = async (input: typeof sweep) => (await outbox.pending(input)).some((row) => row.id === id);
    const soonHas = (input: typeof sweep) =>
      vi.waitFor(async () => expect(await has(input)).toBe(true), patience);
    expect(await has({ ...sweep, olderThanSeconds: 60 })).toBe(false);
    await soonHas({ ...sweep, claimSeconds: 0 });
    await soonHas(sweep);
    expect(await has(sweep)).toBe(false);
  });

  it('gives relays that sweep at the same time different rows, oldest first', async () => {
    const relays = await Promise.all(Array.from({ length: 6 }, open));
    const [chat, me] = [randomUUID(), randomUUID()];
    const order: string[] = [];
    for (let n = 0; n < 60; n++) {
      const batch = [message(chat, me), message(chat, me)];
      await store.append(batch);
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
    taken.push(await drain(outbox, 1_000));
    expect(taken.flat().sort()).toEqual([...order].sort());
    for (const ids of taken)
      expect(ids).toEqual([...ids].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  });

  async function expectNothingPending(chat: string): Promise<void> {
    const ids = new Set((await everything(chat)).map((m) => m.message_id));
    const rows = await outbox.pending({ ...sweep, claimSeconds: 0 });
    expect(rows.flatMap(idsOf).filter((id) => ids.has(id))).toEqual([]);
  }

  it('reads pages, others, unread counts and heads as a plain list would', async () => {
    const chats = [randomUUID(), randomUUID(), randomUUID()];
    const users = [randomUUID(), randomUUID(), randomUUID()];
    const index = fc.nat({ max: 2 });
    const seq = fc.nat({ max: 14 });
    const send = fc.record({ chat: index, user: index, system: fc.boolean(), deleted: fc.boolean() });
    const upTo = fc.option(seq);
    const query = fc.record({
      chat: index,
      user: index,
      after: seq,
      upTo,
      before: upTo,
      limit: fc.nat({ max: 9 }),
    });
    const model = messageModel();
    await fc.assert(
      fc.asyncProperty(
        fc.array(send, { maxLength: 6 }),
        fc.array(query, { maxLength: 8 }),
        async (sends, queries) => {
          const at = (list: string[], n: number) => list[n] as string;
          const batch = sends.map((s) =>
            message(at(chats, s.chat), at(users, s.user), { type: s.system ? 'system' : 'text' }),
          );
          if (batch.length > 0) model.store(batch, await store.append(batch));
          for (const [n, s] of sends.entries()) {
            const id = batch[n]?.message_id ?? '';
            if (!s.deleted) continue;
            await engine().markDeleted(id);
            model.markDeleted(id);
          }
          const spans = queries.map((q) => ({
            chatId: at(chats, q.chat),
            userId: at(users, q.user),
            from: q.after,
            to: q.upTo ?? 14,
            limit: q.limit,
          }));
          expect(await store.others(spans)).toEqual(spans.map(model.others));
          expect(await store.heads(chats)).toEqual(model.heads(chats));
          for (const q of queries) {
            const chatId = at(chats, q.chat);
            expect(await store.page({ ...q, chatId })).toEqual(model.page({ ...q, chatId }));
            const unread = { chatId, userId: at(users, q.user), after: q.after, upTo: q.upTo };
            expect(await store.countUnread(unread)).toBe(model.countUnread(unread));
          }
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);
}
