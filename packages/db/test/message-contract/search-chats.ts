/** Searches over many chats: sorted by id, which is by time. */
import { randomUUID } from 'node:crypto';
import type { NewMessage } from '@parley/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changeOf, type Kit, later } from './kit.ts';
import { sentWith, termsOf } from './search.ts';

export function searchChatsContract(kit: Kit): void {
  type Windows = { chatId: string; after: number; upTo: number | null }[];
  /** Ids found, the windows given as core gives them: with the last activity, the latest first. */
  async function search(
    windows: Windows,
    text: string,
    limit: number,
    before: string | null = null,
    now = later(0),
  ) {
    const activity = await kit.store.activity(windows.map(({ chatId }) => chatId));
    const dated = windows
      .flatMap((window) => ({ ...window, lastAt: activity.get(window.chatId) ?? '' }))
      .filter(({ lastAt }) => lastAt !== '')
      .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
    const found = await kit.store.searchChats({ windows: dated, terms: termsOf(text), before, limit, now });
    return found.map((m) => m.message_id);
  }

  const newestFirst = (messages: readonly NewMessage[]) =>
    messages
      .map((m) => m.message_id)
      .sort()
      .reverse();

  it('merges what it finds in many chats, and pages through it', async () => {
    const chats = Array.from({ length: 150 }, () => randomUUID());
    const sent: NewMessage[] = [];
    for (let n = 0; n < 1500; n++) {
      const chat = chats[(n * 7) % chats.length] as string;
      sent.push(sentWith(chat, ['all', n % 100 === 0 ? 'rare' : 'common', `n${n}`], later(n * 1000)));
    }
    for (let n = 0; n < sent.length; n += 500) await kit.store.append(sent.slice(n, n + 500));
    const windows = chats.map((chatId) => ({ chatId, after: 0, upTo: null }));
    const ids = newestFirst(sent);
    expect(await search(windows, 'all', 30)).toEqual(ids.slice(0, 30));
    expect(await search(windows, 'rare', 50)).toEqual(newestFirst(sent.filter((_, n) => n % 100 === 0)));
    expect(await search(windows, 'n17', 50)).toEqual([sent[17]?.message_id]);
    expect(await search(windows, 'n17 all rar*', 50)).toEqual([]);
    expect(await search(windows, 'nothing*', 50)).toEqual([]);
    const paged: string[] = [];
    for (let before: string | null = null; ; before = paged.at(-1) ?? null) {
      const page = await search(windows, 'al*', 170, before);
      paged.push(...page);
      if (page.length < 170) break;
    }
    expect(paged).toEqual(ids);
    expect(
      await kit.store.searchChats({
        windows: [],
        terms: termsOf('all'),
        before: null,
        limit: 5,
        now: later(0),
      }),
    ).toEqual([]);
  }, 120_000);

  it('finds in random chats what a plain list would', async () => {
    const words = ['the', 'then', 'pier', 'pi', 'sea', 'see'];
    const send = fc.record({
      chat: fc.nat({ max: 4 }),
      tokens: fc.uniqueArray(fc.constantFrom(...words), { maxLength: 3 }),
      fate: fc.constantFrom('stays', 'stays', 'deleted', 'expires'),
    });
    const ask = fc.record({
      terms: fc.uniqueArray(fc.constantFrom('the', 'the*', 'pi*', 'pier', 's*', 'see', 'x*'), {
        minLength: 1,
        maxLength: 2,
      }),
      limit: fc.integer({ min: 1, max: 6 }),
      windows: fc.array(fc.record({ after: fc.nat({ max: 6 }), upTo: fc.option(fc.nat({ max: 9 })) }), {
        minLength: 5,
        maxLength: 5,
      }),
      /** Behind how much of what is found it goes on. */
      skip: fc.option(fc.nat({ max: 3 })),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(send, { maxLength: 30 }),
        fc.array(ask, { maxLength: 4 }),
        async (sends, asks) => {
          const chats = Array.from({ length: 5 }, () => randomUUID());
          const seqs = new Map<string, number>();
          const sent = sends.map((s, n) => {
            const chatId = chats[s.chat] as string;
            seqs.set(chatId, (seqs.get(chatId) ?? 0) + 1);
            const expires_at = s.fate === 'expires' ? later(5000) : null;
            return {
              ...s,
              seq: seqs.get(chatId) ?? 0,
              message: sentWith(chatId, s.tokens, later(n), { expires_at }),
            };
          });
          if (sent.length > 0) await kit.store.append(sent.map((s) => s.message));
          const deleted = sent.filter((s) => s.fate === 'deleted');
          await kit.store.change(deleted.map((s) => changeOf(s.message, { kind: 'delete' })));
          for (const { terms, limit, windows, skip } of asks) {
            const own = windows.map((window, n) => ({ ...window, chatId: chats[n] as string }));
            const matches = sent.filter((s) => {
              const window = windows[s.chat];
              return (
                s.fate === 'stays' &&
                s.seq > (window?.after ?? 0) &&
                s.seq <= (window?.upTo ?? 1e9) &&
                termsOf(terms.join(' ')).every(({ token, prefix }) =>
                  s.tokens.some((each) => (prefix ? each.startsWith(token) : each === token)),
                )
              );
            });
            const expected = newestFirst(matches.map((s) => s.message));
            const before = skip === null ? null : (expected[skip] ?? null);
            const from = before === null ? 0 : (skip ?? 0) + 1;
            expect(await search(own, terms.join(' '), limit, before, later(5000))).toEqual(
              expected.slice(from, from + limit),
            );
          }
        },
      ),
      { numRuns: 30 },
    );
  }, 120_000);
}
