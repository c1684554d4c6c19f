/** What a query finds, and where. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highlightsOf } from '../src/search/highlights.ts';
import { parseQuery } from '../src/search/query.ts';
import { searchTokens } from '../src/search/tokens.ts';

const marks = (body: string, q: string) =>
  highlightsOf({ body }, parseQuery(q)).map(({ start, end }) => body.slice(start, end));
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** As a store finds it. */
function candidate(body: string, q: string): boolean {
  const tokens = searchTokens('text', { body });
  return parseQuery(q).terms.every(({ token, prefix }) =>
    tokens.some((one) => (prefix ? one.startsWith(token) : one === token)),
  );
}

describe('queries', () => {
  it('become terms: beginnings of words, parts of what has no spaces, emoji', () => {
    const terms = (q: string) =>
      parseQuery(q).terms.map(({ token, prefix }) => (prefix ? `${token}*` : token));
    expect(terms('Lake LAKE Straße')).toEqual(['lake*', 'strasse*']);
    expect(terms('foo-bar a_b')).toEqual(['foo*', 'bar*', 'a*', 'b*']);
    expect(terms('北')).toEqual(['北*']);
    expect(terms('北京大学')).toEqual(['北京', '京大', '大学*']);
    expect(terms('iPhone充電')).toEqual(['iphone', '充電*']);
    expect(terms('3月15日')).toEqual(['3', '月', '15', '日*']);
    expect(terms('充電器X')).toEqual(['充電', '電器', '器', 'x*']);
    expect(terms('+49 151 123-4567')).toEqual(['491511234567*']);
    expect(terms('0151-1234567')).toEqual(['01511234567*']);
    expect(terms('12 345 678')).toEqual(['12*', '345*', '678*']);
    expect(terms('ok👍🏽❤️')).toEqual(['ok*', '👍🏽', '❤']);
    for (const nothing of ['', ' ', '?!…', '-', "'", '\u0301', '\u200d', '🏽', '%_*\\']) {
      expect(parseQuery(nothing)).toEqual({ terms: [], needles: [] });
    }
  });

  it('are bounded', () => {
    const many = parseQuery(
      Array.from({ length: 128 }, (_, n) => String.fromCharCode(97 + (n % 26)) + n).join(' '),
    );
    expect(many.terms).toHaveLength(32);
    expect(many.needles).toHaveLength(128);
    expect(parseQuery('x'.repeat(256)).terms).toEqual([{ token: 'x'.repeat(40), prefix: true }]);
  });

  it('find a word longer than a token, and not a longer one', () => {
    const word = 'abcdefghij'.repeat(6);
    expect(candidate(word, word)).toBe(true);
    expect(marks(word, word)).toEqual([word]);
    expect(marks(word, `${word}k`)).toEqual([]);
    expect(candidate(`${word}中文`, `${word}中`)).toBe(true);
  });
});

describe('highlights', () => {
  it('are where the words stand in the text as it was written', () => {
    expect(highlightsOf({ body: 'See you at the lake?' }, parseQuery('lak'))).toEqual([
      { field: 'body', start: 15, end: 18 },
    ]);
    expect(marks('Die STRAẞE, die Straße', 'stras')).toEqual(['STRAẞ', 'Straß']);
    expect(marks('cafe\u0301 ca\u0301fe', 'CAFÉ')).toEqual(['cafe\u0301', 'ca\u0301fe']);
    expect(marks('🎉 x 👍🏽👍', '👍 🎉')).toEqual(['🎉', '👍🏽', '👍']);
    expect(marks('👍\u0301', '👍')).toEqual(['👍\u0301']);
    expect(marks('ab abc a-bc', 'abc ab')).toEqual(['ab', 'abc', 'a-bc']);
    expect(marks('東京京都', '京')).toEqual(['京', '京']);
    expect(marks('กำ', 'ก')).toEqual(['กำ']);
    expect(marks('call 0151 123 4567 8', '+0151 123 45')).toEqual(['0151 123 45']);
    expect(marks('1 2 3', '12')).toEqual([]);
    expect(marks('1,5 2 3', '1523')).toEqual([]);
  });

  it('are in every field, and missing where one word is', () => {
    const payload = { media_id: '', filename: 'Lake_report.pdf', caption: 'The lake' };
    expect(highlightsOf(payload, parseQuery('lake'))).toEqual([
      { field: 'caption', start: 4, end: 8 },
      { field: 'filename', start: 0, end: 4 },
    ]);
    expect(highlightsOf(payload, parseQuery('pdf the'))).toHaveLength(2);
    expect(highlightsOf(payload, parseQuery('pdf sea'))).toEqual([]);
    expect(highlightsOf({ body: 'lake', action: 'group_renamed', name: 'lake' }, parseQuery('lake'))).toEqual(
      [],
    );
    expect(highlightsOf({}, parseQuery('lake'))).toEqual([]);
    expect(highlightsOf({ body: 'lake' }, parseQuery('!'))).toEqual([]);
    expect(highlightsOf({ body: 'a '.repeat(2000) }, parseQuery('a'))).toHaveLength(200);
  });

  it('need what has no spaces to stand together', () => {
    const body = '大学在北边，京城很大';
    expect(candidate('北京 京大 大学', '北京大学')).toBe(true);
    expect(marks('北京 京大 大学', '北京大学')).toEqual([]);
    expect(marks(body, '北京')).toEqual([]);
  });

  // Small enough to meet by chance, with everything in it that folding and splitting know of.
  const bits = fc.constantFrom(
    ...'a b c ab ß é e\u0301 İ ı Σ ς œ й и \u0306 \u0301 ё п 中 文 東 々 か \u3099 ｶ ﾞ ー ไ ก ำ น ้ ក ្ မ'.split(
      ' ',
    ),
    ...'한 글 ᄒ ᅡ ᆫ ש ָ ״ ا أ ـ َ ه ة क ि ़ 1 2 34 567 ٣ Ａ ① + - . , / ( ) _ # @ \' ’ " ?'.split(' '),
    ...[
      '👍',
      '🏽',
      '\u200d',
      '❤',
      '\ufe0f',
      '♀',
      '👩',
      '🇩',
      '🇪',
      '\u20e3',
      '\u00ad',
      '\u200b',
      ' ',
      ' ',
      ' ',
      '\n',
    ],
  );
  const text = fc.array(bits, { maxLength: 14 }).map((parts) => parts.join(''));

  it('are only in what a store finds', () => {
    let matches = 0;
    const part = fc.tuple(
      fc.array(bits, { minLength: 1, maxLength: 14 }),
      fc.nat(13),
      fc.integer({ min: 1, max: 5 }),
    );
    fc.assert(
      fc.property(part, fc.constantFrom('', '', '', 'a', '中'), ([parts, from, length], more) => {
        const body = parts.join('');
        const q = parts.slice(from, from + length).join('') + more;
        if (highlightsOf({ body }, parseQuery(q)).length === 0) return;
        matches++;
        expect({ body, q, candidate: candidate(body, q) }).toEqual({ body, q, candidate: true });
      }),
      { numRuns: 10_000 },
    );
    expect(matches).toBeGreaterThan(500);
  });

  it('are there for every text that is looked for as it is, and on the borders of graphemes', () => {
    fc.assert(
      fc.property(text, text, text, (before, q, after) => {
        const body = `${before} ${q} ${after}`;
        if (parseQuery(q).needles.length === 0) return;
        const found = highlightsOf({ body }, parseQuery(q));
        expect(found.length).toBeGreaterThan(0);
        expect(candidate(body, q)).toBe(true);
        const borders = new Set([...graphemes.segment(body)].map(({ index }) => index).concat(body.length));
        let last = 0;
        for (const { start, end } of found) {
          const right = start >= last && end > start && borders.has(start) && borders.has(end);
          expect([start, end, right]).toEqual([start, end, true]);
          last = end;
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
