/** Random sends, changes and questions: every answer is the one that a plain list gives. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { messageModel } from '../support/message-model.ts';
import { changeOf, type Kit, later, message } from './kit.ts';

const index = fc.nat({ max: 2 });
const seq = fc.nat({ max: 14 });
const upTo = fc.option(seq);

const send = fc.record({
  chat: index,
  user: index,
  system: fc.boolean(),
  file: fc.option(index, { freq: 2 }),
  /** Milliseconds until it is over its time. */
  lasts: fc.option(fc.integer({ min: 1, max: 9 }), { freq: 2 }),
});
/** What is done to a message; `target` counts from the first one stored. */
const deed = fc.record({
  target: fc.nat({ max: 60 }),
  user: index,
  kind: fc.constantFrom('delete', 'delete', 'expire', 'react', 'edit', 'media'),
});
const query = fc.record({
  chat: index,
  user: index,
  file: index,
  after: seq,
  upTo,
  before: upTo,
  limit: fc.nat({ max: 9 }),
  except: fc.array(fc.nat({ max: 60 }), { maxLength: 5 }),
});

export function modelContract(kit: Kit): void {
  it('answers as a plain list would', async () => {
    const chats: string[] = [randomUUID(), randomUUID(), randomUUID()];
    const users = [randomUUID(), randomUUID(), randomUUID()];
    const files: string[] = [randomUUID(), randomUUID(), randomUUID()];
    const at = (list: string[], n: number) => list[n] as string;
    const model = messageModel();
    const chatOf = new Map<string, string>();
    let clock = 0;
    const round = fc.asyncProperty(
      fc.array(send, { maxLength: 6 }),
      fc.array(deed, { maxLength: 4 }),
      fc.array(query, { maxLength: 8 }),
      fc.integer({ min: 0, max: 6 }),
      async (sends, deeds, queries, passed) => {
        const batch = sends.map((s) =>
          message(at(chats, s.chat), at(users, s.user), {
            type: s.system ? 'system' : 'text',
            created_at: later(clock),
            expires_at: s.lasts === null ? null : later(clock + s.lasts),
            ...(s.file !== null && { payload: { media_id: at(files, s.file) } }),
            forwarded_from: s.system ? { chat_id: randomUUID(), message_id: null } : null,
          }),
        );
        for (const m of batch) chatOf.set(m.message_id, m.chat_id);
        if (batch.length > 0) model.store(batch, await kit.store.append(batch));
        clock += passed;
        const now = later(clock);
        const ids = model.ids();
        const pick = (n: number): string => ids[n % Math.max(ids.length, 1)] ?? randomUUID();
        const changes = deeds.map((d) => {
          const id = pick(d.target);
          const target = { message_id: id, chat_id: chatOf.get(id) ?? randomUUID() };
          if (d.kind === 'react')
            return changeOf(target, { kind: d.kind, userId: at(users, d.user), emoji: '👍' }, now);
          if (d.kind === 'edit')
            return changeOf(target, { kind: d.kind, payload: { body: now }, tokens: [] }, now);
          return changeOf(target, { kind: d.kind }, now);
        });
        model.change(await kit.store.change(changes));

        const spans = queries.map((q) => ({
          chatId: at(chats, q.chat),
          userId: at(users, q.user),
          from: q.after,
          to: q.upTo ?? 14,
          limit: q.limit,
        }));
        expect(await kit.store.others(spans)).toEqual(spans.map(model.others));
        expect(await kit.store.heads(chats)).toEqual(model.heads(chats));
        const known = queries.map((q) => ({ chatId: at(chats, q.chat), version: q.after, always: false }));
        const once = [...new Map(known.map((each) => [each.chatId, each])).values()];
        expect(await kit.store.newerHeads(once, 9)).toEqual(model.newerHeads(once));
        const oneOf = new Map(queries.map((q) => [q.chat, q]));
        const versions = [...oneOf.values()].map((q) => ({
          window: { chatId: at(chats, q.chat), after: 0, upTo: q.upTo },
          version: q.after,
          upToVersion: q.after + (q.before ?? 0),
          limit: q.limit + 1,
        }));
        expect(await kit.store.changedSince(versions)).toEqual(versions.map(model.changedSince));
        const asks = queries.map((q) => ({
          chatId: at(chats, q.chat),
          userId: at(users, q.user),
          after: q.after,
          upTo: q.upTo,
          except: q.except.map(pick),
        }));
        expect(await kit.store.unread(asks, now)).toEqual(asks.map((ask) => model.unread(ask, now)));
        expect(await kit.store.newest(asks, now)).toEqual(asks.map((ask) => model.newest(ask, now)));
        for (const { chat, before, after, upTo, limit } of queries) {
          const page = { chatId: at(chats, chat), before, after, upTo, limit };
          expect(await kit.store.page(page)).toEqual(model.page(page));
        }
        for (const mediaId of files) {
          const found = await kit.store.carriers(mediaId, 1000);
          expect(found).toHaveLength(model.carriers(mediaId).length);
          expect(found).toEqual(expect.arrayContaining(model.carriers(mediaId)));
          const own = queries.filter((q) => at(files, q.file) === mediaId);
          const windows = own.map(({ chat, after, upTo }) => ({ chatId: at(chats, chat), after, upTo }));
          const isIn = await kit.store.carriedIn(mediaId, windows, now);
          expect(isIn).toBe(model.carriedIn(mediaId, windows, now));
        }
        const isCarried = files.filter((mediaId) => model.carriers(mediaId).length > 0);
        expect(await kit.store.carried(files)).toEqual(new Set(isCarried));
        const own = (found: { chat_id: string }[]) => found.filter(({ chat_id }) => chats.includes(chat_id));
        const sorted = (found: { message_id: string; chat_id: string }[]) =>
          found.sort((a, b) => (a.message_id < b.message_id ? -1 : 1));
        const expired = own(await kit.store.expired(now, 1000)) as { message_id: string; chat_id: string }[];
        expect(sorted(expired)).toEqual(sorted(model.expired(now)));
      },
    );
    await fc.assert(round, { numRuns: 40 });
  }, 120_000);
}
