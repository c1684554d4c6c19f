/** Search as users know it, from texts to highlights: the same on every message store. */
import { randomUUID } from 'node:crypto';
import {
  highlightsOf,
  type MessageStore,
  type NewMessage,
  parseQuery,
  type StoredMessage,
  searchTokens,
  type Window,
} from '@parley/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  changeOf,
  later,
  type MessageStoreEngine,
  type MessageStoreInstance,
} from './message-contract/kit.ts';
import { sentWith } from './message-contract/search.ts';
import { type GoldenMessage, goldenMessages, goldenQueries } from './support/golden-queries.ts';

const golden: [string, GoldenMessage][] = Object.entries(goldenMessages);

/** The keys of messages that were stored in the order of the golden ones. */
function keysOf(stored: readonly NewMessage[], found: readonly StoredMessage[]): (string | undefined)[] {
  const ids = stored.map(({ message_id }) => message_id);
  return found.map(({ message_id }) => golden[ids.indexOf(message_id)]?.[0]);
}

/** A message as it is sent, `minutes` after the first one. */
function sent(
  chat: string,
  { type, payload }: GoldenMessage,
  minutes: number,
  more: Partial<NewMessage> = {},
) {
  const tokens = searchTokens(type, payload);
  return sentWith(chat, tokens, later(minutes * 60_000), { type, payload, ...more });
}

const said = (body: string): GoldenMessage => ({ type: 'text', payload: { body } });

/** Texts of what is highlighted. */
function marksOf(message: StoredMessage, q: string): string[] {
  const texts: { [field: string]: unknown } = message.payload;
  return highlightsOf(message.payload, parseQuery(q)).map(({ field, start, end }) =>
    String(texts[field]).slice(start, end),
  );
}

/** Registers the tests; `engine` is called when they run. */
export function searchContract(engine: () => MessageStoreEngine): void {
  let instance: MessageStoreInstance;
  let store: MessageStore;
  beforeEach(async () => {
    instance = await engine().open();
    store = instance.messages;
  });
  afterEach(() => instance.close());

  const matching = (found: StoredMessage[], q: string) =>
    found.filter(({ payload }) => highlightsOf(payload, parseQuery(q)).length > 0);
  const inChat = async (window: Window, q: string, now = later(0), limit = 100) => {
    const { terms } = parseQuery(q);
    if (terms.length === 0) return [];
    return matching(await store.searchChat({ window, terms, limit, now }), q);
  };
  const bodies = (messages: StoredMessage[]) =>
    messages.map(({ payload }) => ('body' in payload ? payload.body : ''));
  const all = (chatId: string): Window => ({ chatId, after: 0, upTo: null });

  it('finds in many languages exactly what people expect, newest first', async () => {
    const [chat, other] = [randomUUID(), randomUUID()];
    const messages = golden.map(([, message], index) => sent(chat, message, index));
    await store.append(messages);
    await store.append(golden.map(([, message], index) => sent(other, message, index)));
    for (const { q, finds, marks } of goldenQueries) {
      const found = await inChat(all(chat), q);
      expect({ q, finds: keysOf(messages, found) }).toEqual({
        q,
        finds,
      });
      expect(found.every(({ chat_id }) => chat_id === chat)).toBe(true);
      if (marks && found[0]) expect({ q, marks: marksOf(found[0], q) }).toEqual({ q, marks });
    }
  }, 120_000);

  it('finds the same over many chats, one after the other', async () => {
    const chats = [randomUUID(), randomUUID(), randomUUID()];
    const messages = golden.map(([, message], index) => sent(chats[index % 3] ?? '', message, index));
    await store.append([
      ...messages,
      ...golden.map(([, message], index) => sent(randomUUID(), message, index)),
    ]);
    const windows = chats
      .map((chatId) => ({
        ...all(chatId),
        lastAt: messages.findLast(({ chat_id }) => chat_id === chatId)?.created_at ?? '',
      }))
      .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1));
    for (const { q, finds } of goldenQueries) {
      const { terms } = parseQuery(q);
      if (terms.length === 0) continue;
      const ask = { windows, terms, now: later(0) };
      const found = matching(await store.searchChats({ ...ask, before: null, limit: 100 }), q);
      expect({ q, finds: keysOf(messages, found) }).toEqual({
        q,
        finds,
      });
      const [newest, second] = await store.searchChats({ ...ask, before: null, limit: 2 });
      if (!newest || !second) continue;
      expect(await store.searchChats({ ...ask, before: newest.message_id, limit: 1 })).toEqual([second]);
    }
  }, 120_000);

  it('finds every part of a text without spaces, and no more', async () => {
    const chat = randomUUID();
    const texts = ['明日は東京で大切な会議がある', 'พรุ่งนี้มีประชุมที่กรุงเทพ', '東の京と大きな会、議題は明日'];
    await store.append(texts.map((body, index) => sent(chat, said(body), index)));
    for (const body of texts) {
      const characters = body.match(/\P{M}\p{M}*/gu) ?? [];
      for (let from = 0; from < characters.length; from += 3) {
        for (const length of [1, 2, 3, 6]) {
          const q = characters.slice(from, from + length).join('');
          if (q.includes('、')) continue;
          const expected = texts.filter((text) => text.includes(q)).reverse();
          expect({ q, found: bodies(await inChat(all(chat), q)) }).toEqual({ q, found: expected });
        }
      }
    }
  }, 120_000);

  it('shows nothing from outside the window, nothing deleted, nothing whose time is over', async () => {
    const chat = randomUUID();
    const messages = Array.from({ length: 8 }, (_, index) =>
      sent(chat, said(`Note ${index + 1} 会議`), index, index === 6 ? { expires_at: later(1000) } : {}),
    );
    await store.append(messages);
    const numbers = async (window: Window, q: string, now = later(0)) =>
      (await inChat(window, q, now)).map(({ seq }) => seq);
    for (const q of ['note', 'NO', '会議', '会', 'note 会']) {
      expect(await numbers(all(chat), q)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
      expect(await numbers({ chatId: chat, after: 2, upTo: 5 }, q)).toEqual([5, 4, 3]);
      expect(await numbers(all(chat), q, later(1000))).toEqual([8, 6, 5, 4, 3, 2, 1]);
    }
    await store.change([changeOf(messages[3] as NewMessage, { kind: 'delete' })]);
    expect(await numbers({ chatId: chat, after: 2, upTo: 5 }, '会議')).toEqual([5, 3]);
    expect((await inChat(all(chat), 'note', later(0), 3)).map(({ seq }) => seq)).toEqual([8, 7, 6]);
  });

  it('finds an edited message by its new words alone', async () => {
    const chat = randomUUID();
    const before = sent(chat, said('Meet at the harbour, 東京'), 0);
    await store.append([before]);
    const payload = { body: 'Meet at the Straßenfest, 京都' };
    const tokens = searchTokens('text', payload);
    await store.change([changeOf(before, { kind: 'edit', payload, tokens })]);
    for (const q of ['harbour', '東京', '東']) expect(await inChat(all(chat), q)).toEqual([]);
    for (const q of ['strassenf', '京都', '京', 'meet']) {
      expect(bodies(await inChat(all(chat), q))).toEqual([payload.body]);
    }
  });

  it('keeps very long words and very long texts', async () => {
    const chat = randomUUID();
    const word = 'donaudampfschifffahrtsgesellschaft'.repeat(3);
    const long = Array.from({ length: 600 }, (_, index) => `w${index}`).join(' ');
    await store.append([sent(chat, said(`A ${word}s!`), 0), sent(chat, said(long), 1)]);
    expect(await inChat(all(chat), word)).toHaveLength(1);
    expect(await inChat(all(chat), `${word}x`)).toEqual([]);
    expect(await inChat(all(chat), 'w1 w99 w400')).toHaveLength(1);
  });
}
