/** How messages are found by their tokens. What the tokens of a text are is told elsewhere. */
import { randomUUID } from 'node:crypto';
import type { NewMessage, SearchTerm, Window } from '@parley/core';
import { expect, it } from 'vitest';
import { changeOf, type Kit, later, message, sentAt } from './kit.ts';

/** A version 7 UUID of a time: searches over chats are in the order of ids. */
export function idAt(iso: string): string {
  const time = Date.parse(iso).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

export const sentWith = (
  chat: string,
  tokens: string[],
  created_at = sentAt,
  more: Partial<NewMessage> = {},
): NewMessage => message(chat, randomUUID(), { message_id: idAt(created_at), created_at, tokens, ...more });

/** `foo` is a whole token, `foo*` how one begins. */
export const termsOf = (text: string): SearchTerm[] =>
  text.split(' ').map((word) => ({ token: word.replace(/\*$/, ''), prefix: word.endsWith('*') }));

export function searchContract(kit: Kit): void {
  const whole = (chatId: string): Window => ({ chatId, after: 0, upTo: null });
  const seqs = async (window: Window, text: string, limit = 50, now = later(0)) =>
    (await kit.store.searchChat({ window, terms: termsOf(text), limit, now })).map((m) => m.seq);

  it('finds whole tokens and beginnings, all of them in one message', async () => {
    const chat = randomUUID();
    const texts = [
      'see you at the pier',
      'the pierced ear',
      'at the sea',
      'seeing',
      '中文 文字 字典',
      "o'clock 9",
    ];
    await kit.store.append(texts.map((text) => sentWith(chat, text.split(' '))));
    await kit.store.append([sentWith(randomUUID(), ['the', 'pier']), sentWith(chat, [])]);
    const expected: Record<string, number[]> = {
      the: [3, 2, 1],
      pier: [1],
      'pier*': [2, 1],
      'see* the': [1],
      'se*': [4, 3, 1],
      'the at': [3, 1],
      'pie ear': [],
      pie: [],
      eing: [],
      'pier* ear* the': [2],
      文: [],
      '文*': [5],
      '字典 中文': [5],
      "o'clock": [6],
      '9*': [6],
      'zebra*': [],
      'see you at the pier see': [1],
    };
    for (const [text, found] of Object.entries(expected)) {
      expect([text, await seqs(whole(chat), text)]).toEqual([text, found]);
    }
  });

  it('takes tokens as they are, whatever they hold', async () => {
    const chat = randomUUID();
    const tokens = [
      "'",
      '\\',
      'a\\',
      "''",
      ':*',
      '&',
      '|',
      '!a',
      '(',
      '%',
      '_x',
      '.*',
      '$',
      '👋',
      'ß',
      'x'.repeat(200),
    ];
    await kit.store.append(tokens.map((token) => sentWith(chat, [token])));
    for (const [index, token] of tokens.entries()) {
      const terms = [{ token, prefix: false }];
      const found = await kit.store.searchChat({ window: whole(chat), terms, limit: 50, now: later(0) });
      expect([token, found.map((m) => m.seq)]).toEqual([token, [index + 1]]);
    }
    expect(await seqs(whole(chat), `'*`)).toEqual([4, 1]);
    expect(await seqs(whole(chat), 'xxx*')).toEqual([16]);
  });

  it('shows of a chat only what the window shows, newest first', async () => {
    const chat = randomUUID();
    const sent = Array.from({ length: 12 }, () => sentWith(chat, ['word']));
    sent.push(sentWith(chat, ['word'], sentAt, { expires_at: later(1000) }));
    await kit.store.append(sent);
    expect(await seqs({ chatId: chat, after: 3, upTo: 9 }, 'word', 4)).toEqual([9, 8, 7, 6]);
    expect(await seqs({ chatId: chat, after: 3, upTo: 5 }, 'wo*')).toEqual([5, 4]);
    expect(await seqs({ chatId: chat, after: 11, upTo: null }, 'word', 50, later(999))).toEqual([13, 12]);
    expect(await seqs({ chatId: chat, after: 11, upTo: null }, 'word', 50, later(1000))).toEqual([12]);
    const [eleventh] = await kit.store.searchChat({
      window: { chatId: chat, after: 10, upTo: 11 },
      terms: termsOf('word'),
      limit: 1,
      now: later(0),
    });
    expect(eleventh).toEqual([...(await kit.store.byIds([sent[10]?.message_id ?? ''])).values()][0]);
    await kit.store.change([
      changeOf(sent[11] as NewMessage, { kind: 'delete' }),
      changeOf(sent[10] as NewMessage, { kind: 'edit', payload: { body: 'x' }, tokens: ['other'] }),
    ]);
    expect(await seqs({ chatId: chat, after: 9, upTo: null }, 'word', 50, later(1000))).toEqual([10]);
    expect(await seqs(whole(chat), 'oth*')).toEqual([11]);
  });

  it('finds what is far back in a long chat, and pages through it', async () => {
    const [chat, length] = [randomUUID(), 4000];
    for (let start = 0; start < length; start += 1000) {
      const batch = Array.from({ length: 1000 }, (_, n) => {
        const seq = start + n + 1;
        const tokens = [seq % 2 === 0 ? 'even' : 'odd', `n${seq}`, ...(seq % 700 === 0 ? ['rare'] : [])];
        return sentWith(chat, seq <= 2200 ? [...tokens, 'early'] : tokens);
      });
      await kit.store.append(batch);
    }
    expect(await seqs(whole(chat), 'rare')).toEqual([3500, 2800, 2100, 1400, 700]);
    expect(await seqs(whole(chat), 'rar* early', 2)).toEqual([2100, 1400]);
    expect(await seqs(whole(chat), 'rare odd')).toEqual([]);
    expect(await seqs(whole(chat), 'even rare', 3)).toEqual([3500, 2800, 2100]);
    expect(await seqs({ chatId: chat, after: 700, upTo: 2100 }, 'rare')).toEqual([2100, 1400]);
    expect(await seqs(whole(chat), 'n1')).toEqual([1]);
    expect(await seqs(whole(chat), 'n399*')).toEqual([
      3999, 3998, 3997, 3996, 3995, 3994, 3993, 3992, 3991, 3990, 399,
    ]);
    expect(await seqs(whole(chat), 'nobody*')).toEqual([]);
    const [paged, expected]: number[][] = [[], []];
    for (let upTo: number | null = null; ; upTo = (paged?.at(-1) ?? 1) - 1) {
      const page = await seqs({ chatId: chat, after: 0, upTo }, 'early odd', 400);
      paged?.push(...page);
      if (page.length < 400) break;
    }
    for (let seq = 2199; seq > 0; seq -= 2) expected?.push(seq);
    expect(paged).toEqual(expected);
  }, 120_000);
}
