import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uuid } from '@parley/contract';
import { afterEach, describe, expect, it } from 'vitest';

import { Histogram, type Summary } from '../src/histogram.ts';
import { idAt } from '../src/scale/ids.ts';
import { parseScaleOptions } from '../src/scale/options.ts';
import { inBigChat, people, phoneOf, planChats, planMessages, rareSeqs } from '../src/scale/plan.ts';
import { missesOf, publishedScaleOptions, renderScale } from '../src/scale/report.ts';
import { addressBook, contactCases, requestCases, type ScaleCase, sendCase } from '../src/scale/requests.ts';
import type { ScaleLine } from '../src/scale/run.ts';
import { searchCases } from '../src/scale/searches.ts';
import type { ScaleSite } from '../src/scale/site.ts';
import { makeVocabulary, marks, seededRandom, TextWriter } from '../src/scale/texts.ts';
import { runTimed } from '../src/scale/timed.ts';

const words = makeVocabulary();

describe('options', () => {
  it('has defaults for everything', () => {
    expect(parseScaleOptions(['--scale'])).toMatchObject({
      stores: ['postgresql', 'mongodb'],
      messages: 1_000_000,
      users: 100_000,
      concurrency: [1, 8],
      mongo: null,
      name: 'scale',
    });
  });

  it.each([
    [['--stores', 'mysql'], '--stores must be some of postgresql, mongodb'],
    [['--messages', '999'], '--messages must be at least 1000'],
    [['--users', '1000'], '--users must be at least 2000'],
    [['--concurrency', '1,0'], '--concurrency must be a positive number'],
    [['--mongo', 'http://127.0.0.1'], '--mongo must be a mongodb:// address'],
    [['--only', 'ws'], '--only'],
  ])('refuses %j', (args, message) => {
    expect(() => parseScaleOptions(['--scale', ...args])).toThrow(message);
  });

  it('publishes no address and no file name', () => {
    const options = parseScaleOptions([
      '--scale',
      '--mongo',
      'mongodb://me:secret@10.0.0.1/x',
      '--out',
      'elsewhere',
    ]);
    if (options === 'help') throw new Error('not asked for');
    expect(JSON.stringify(publishedScaleOptions(options))).not.toMatch(/10\.0\.0\.1|secret|elsewhere|apps/);
  });
});

describe('what is stored', () => {
  it('is the same in every run, with words as frequent as words are', () => {
    expect(makeVocabulary()).toEqual(words);
    expect(new Set(words).size).toBe(20_000);
    expect(words.join('')).not.toMatch(/[xqy]/);
    const texts = (seed: number): string[] => {
      const writer = new TextWriter(words, seed);
      return Array.from({ length: 5000 }, () => writer.next());
    };
    expect(texts(2)).toEqual(texts(2));
    expect(texts(2)).not.toEqual(texts(3));

    const used = texts(2).flatMap((text) => text.split(' '));
    const count = (rank: number): number => used.filter((word) => word === words[rank - 1]).length;
    // Zipf: the tenth most frequent word a tenth as often as the first.
    expect(count(1) / count(10)).toBeGreaterThan(7);
    expect(count(1) / count(10)).toBeLessThan(14);
    expect(used.length / 5000).toBeGreaterThan(6);
    expect(used.length / 5000).toBeLessThan(11);
  });

  it('fills all chats, and has the marked words where they are looked for', () => {
    const chats = planChats();
    expect(chats).toHaveLength(1020);
    const seen = new Map<number, Set<number>>();
    const rare: number[] = [];
    let [big, elsewhere, apart, unspaced] = [0, 0, [0, 0], 0];
    for (const { chat, sender, body } of planMessages(20_000)) {
      if (chat === 0) big += 1;
      seen.set(chat, (seen.get(chat) ?? new Set()).add(sender));
      expect(chats[chat]?.writers).toContain(sender);
      if (body.includes(marks.rare)) {
        if (chat === 0) rare.push(big);
        else if (chat >= 20) elsewhere += 1;
        expect(body.split(' ')).toContain(words[0]);
      }
      const both = marks.apart.map((word) => Number(body.split(' ').includes(word)));
      apart = apart.map((count, index) => count + (both[index] ?? 0));
      expect(both).not.toEqual([1, 1]);
      if (body.includes(marks.unspaced)) unspaced += 1;
      expect(body).not.toContain(marks.absent);
    }
    expect(big).toBe(inBigChat(20_000));
    expect(rare).toEqual(rareSeqs(20_000));
    expect(elsewhere).toBe(1);
    expect(Math.min(...apart)).toBeGreaterThan(100);
    expect(unspaced / 20_000).toBeCloseTo(0.05, 2);
    // Everybody writes in every chat.
    for (const { index, writers } of chats) expect(seen.get(index)?.size).toBe(writers.length);
  });

  it('has ids that sort by time', () => {
    const random = seededRandom(1);
    const ids = Array.from({ length: 1000 }, (_, index) =>
      idAt(1_790_000_000_000 + index / 3, index, random),
    );
    expect(ids.filter((id) => !uuid.safeParse(id).success)).toEqual([]);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Number.parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16)).toBe(1_790_000_000_000);
  });

  it('has address books of a thousand others', () => {
    const site = { landmarks: { users: 2000 } };
    const book = addressBook(7, site);
    expect(new Set(book).size).toBe(1000);
    expect(book).not.toContain(phoneOf(people.syncer(7)));
    expect(addressBook(7, site)).toEqual(book);
    expect(addressBook(8, site)).not.toEqual(book);
  });
});

/** As much of a site as the requests look at. */
const site = {
  cursor: 'c',
  landmarks: { chatIds: ['big'], oldId: 'old', unread: 437, messages: 1000, users: 2000, seconds: 1 },
} as unknown as ScaleSite;

describe('answers', () => {
  const wrong = (one: ScaleCase | undefined, data: unknown): string | null | undefined =>
    one?.check(data as never, site).wrong;
  const named = (name: string): ScaleCase | undefined =>
    [...requestCases, ...searchCases(words), ...contactCases(), sendCase].find((one) =>
      one.name.startsWith(name),
    );
  const many = (count: number, body = '') =>
    Array.from({ length: count }, (_, n) => ({ message_id: `m${n}`, payload: { body }, highlights: [{}] }));
  const chats = (count: number, unread: number) =>
    Array.from({ length: count }, (_, n) => ({ chat_id: n === 3 ? 'big' : `c${n}`, unread_count: unread }));

  it.each<[string, unknown, unknown]>([
    ['history, the newest', { messages: many(50) }, { messages: many(49) }],
    ['history, the oldest', { messages: many(29) }, { messages: many(50) }],
    ['chat list, 20', { chats: chats(20, 437) }, { chats: chats(20, 436) }],
    ['chat list, 20', { chats: chats(20, 437) }, { chats: chats(19, 437) }],
    ['chat list, the first', { chats: chats(20, 0) }, { chats: chats(21, 0) }],
    ['chat list, the next', { chats: chats(20, 0) }, { chats: [] }],
    ['unread count', { unread_count: 437 }, { unread_count: 0 }],
    ['send', { seq: 501 }, { seq: 500 }],
    ["a user's first", { registered_users: many(1000) }, { registered_users: many(999) }],
    ['one chat: a rare word', { messages: many(3, 'a xylophone') }, { messages: many(2, 'a xylophone') }],
    [
      'one chat: a rare word',
      { messages: many(3, 'Xylophone xylophones') },
      { messages: many(3, 'a phone') },
    ],
    ['one chat: a word that is not', { messages: [] }, { messages: many(1, marks.absent) }],
    ['20 chats: two unspaced', { messages: many(4, `中${marks.unspaced}`) }, { messages: many(4, '湖中畔') }],
    ['1000 chats: the most', { messages: many(20, words[0]) }, { messages: many(21, words[0]) }],
    ['1000 chats: two words', { messages: [] }, { messages: many(1, marks.apart.join(' ')) }],
  ])('are checked: %s', (name, good, bad) => {
    expect(wrong(named(name), good)).toBeNull();
    expect(wrong(named(name), bad)).toMatch(/instead of|without what|more than|taken/);
  });

  it('must show where a message matches', () => {
    const messages = many(3, 'a xylophone').map((message) => ({ ...message, highlights: [] }));
    expect(wrong(named('one chat: a rare word'), { messages })).toContain('without what was looked for');
  });
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('timed requests', () => {
  const bytes = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n');

  it('are sent one after the other on each connection, and the first is not counted', async () => {
    let [now, most, all] = [0, 0, 0];
    const url = await serve((_request, response) => {
      now += 1;
      all += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        response.end('{}');
      }, 5);
    });
    const latency = new Histogram();
    const job = { url, next: () => bytes, concurrency: 3, forMs: 200, latency, warmup: 1 };
    expect(await runTimed(job)).toEqual([]);
    expect(most).toBe(3);
    expect(latency.count).toBe(all - 3);
    expect(latency.summary().p50).toBeGreaterThan(4);
  });

  it('end when there are no more', async () => {
    const url = await serve((_request, response) => response.end('{}'));
    const latency = new Histogram();
    let left = 10;
    const next = (): Buffer | null => (left-- > 0 ? bytes : null);
    expect(await runTimed({ url, next, concurrency: 2, forMs: 60_000, latency, warmup: 0 })).toEqual([]);
    expect(latency.count).toBe(10);
  });

  it('end with the first refusal, and say so', async () => {
    const url = await serve((_request, response) => {
      response.statusCode = 503;
      response.end('{}');
    });
    const latency = new Histogram();
    const job = { url, next: () => bytes, concurrency: 2, forMs: 60_000, latency, warmup: 0 };
    const problems = await runTimed(job);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('status 503');
    expect(latency.count).toBe(0);
  });
});

describe('the report', () => {
  const summary = (p50: number, p95: number): Summary => ({
    count: 9,
    mean: p50,
    p50,
    p95,
    p99: p95,
    max: p95,
  });
  const line = (change: Partial<ScaleLine>): ScaleLine => ({
    ...{ group: 'search', name: 'one chat: x', concurrency: 1, aimMs: 50 },
    ...{ small: { latency: summary(1, 2), found: 3 }, large: { latency: summary(1.5, 3), found: 3 } },
    ...change,
  });

  it('tells what is slower than the aim, and what grows', () => {
    const slow = line({ large: { latency: summary(1.5, 51), found: 3 } });
    const grown = line({ large: { latency: summary(2.1, 3), found: 3 } });
    expect(missesOf({ lines: [line({})] })).toEqual([]);
    expect(missesOf({ lines: [slow] })).toEqual(['one chat: x: p95 51.0 ms, the aim is 50 ms']);
    expect(missesOf({ lines: [grown] })).toEqual(['one chat: x: the median grows 2.1 times']);
    // A page of twenty costs more than a page of three; many at a time are shown, not judged.
    expect(missesOf({ lines: [{ ...grown, large: { ...grown.large, found: 20 } }] })).toEqual([]);
    expect(missesOf({ lines: [{ ...slow, aimMs: null, concurrency: 8 }] })).toEqual([]);
  });

  it('has a table for each number of connections, and marks what stands in for MongoDB', () => {
    const filled = { messages: 1000, users: 2000, seconds: 0.5 };
    const text = renderScale({
      machine: { cpu: 'CPU', cores: 2, memoryGb: 8, kernel: 'Linux', node: 'v24' },
      date: '2026-11-21T00:00:00.000Z',
      commit: null,
      options: {},
      tables: [
        {
          ...{ store: 'mongodb', engine: 'X (stands in for MongoDB)', standIn: true },
          ...{
            small: filled,
            large: { ...filled, messages: 5000 },
            lines: [line({}), line({ concurrency: 8 })],
          },
        },
      ],
      problems: ['mongodb, one chat: x: large: found 2 instead of 3'],
    });
    expect(text).toContain('these are not the numbers of MongoDB');
    expect(text).toMatch(/\| ms, one at a time \| 1,000: p50 \|.*\| 5,000: p50 \|/);
    expect(text).toMatch(/\| ms, 8 at a time +\|/);
    expect(text).toMatch(
      /\| one chat: x +\| +1\.00 \| +2\.00 \| +2\.00 \| +1\.50 \| +3\.00 \| +3\.00 \| +1\.50 \| +1\.50 \| +3 \|/,
    );
    expect(text).toContain('**Problems**');
  });
});
