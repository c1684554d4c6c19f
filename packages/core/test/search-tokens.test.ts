/** What messages are found by. */
import type { MessagePayload, MessageType } from '@parley/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../src/search/fold.ts';
import { searchTokens } from '../src/search/tokens.ts';

const tokens = (body: string) => searchTokens('text', { body });
const media_id = '0198c6f4-02b1-7e63-8d1c-90a4e7c55f31';

describe('tokens of a message', () => {
  it('are its words, folded', () => {
    const expected: Record<string, string[]> = {
      'See you at the lake? SEE!': ['see', 'you', 'at', 'the', 'lake'],
      'Große STRASSE, ẞ': ['grosse', 'strasse', 'ss'],
      'İstanbul ISPARTA ılık': ['istanbul', 'isparta', 'ilik'],
      'ΟΔΟΣ ὁδός ᾳ': ['οδοσ', 'α'],
      'Ёлка й Й ї ў за́мок': ['елка', 'й', 'ї', 'ў', 'замок'],
      'Łódź Đường œuvre Øre': ['lodz', 'duong', 'oeuvre', 'ore'],
      'ﬁ Ｗｉｄｅ ①; ２０２６; ٢٠٢٦; २०': ['fi', 'wide', '1', '2026', '20'],
      'العَرَبِيَّة مـصـر أين': ['العربيه', 'مصر', 'اين'],
      שָׁלוֹם: ['שלום'],
      'हिन्दी में': ['हिन्दी', 'में'],
      '한글 ﾊﾝｸﾞﾙ': ['한글', 'ハン', 'ング', 'グル', 'ル'],
      中文: ['中文', '文'],
      中: ['中'],
      'B12, snake_case #tag @name': ['b12', 'snake', 'case', 'tag', 'name'],
      "l'eau don’t e-mail": ['l', 'eau', 'don', 't', 'e', 'mail', 'leau', 'dont', 'email'],
      '+49 (151) 123-4567': ['49', '151', '123', '4567', '491511234567', '1511234567', '1234567'],
      '10:30, 12.5 3 4': ['10', '30', '12', '5', '3', '4'],
      'a.b@c.org': ['a', 'b', 'c', 'org'],
      '👍🏽 ❤️ 🇩🇪 1️⃣': ['👍🏽', '👍', '❤', '🇩🇪', '1⃣'],
      '👩🏽‍💻🤷‍♂️': ['👩🏽‍💻', '👩‍💻', '🤷‍♂', '🤷'],
      'so\u00adft\u200b ze\u200dro': ['soft', 'zero'],
      '?! -- \u0301 \u{1f3fd}': [],
    };
    for (const [body, found] of Object.entries(expected)) expect([body, tokens(body)]).toEqual([body, found]);
  });

  it('come from all that people wrote, and from nothing else', () => {
    const messages: [MessageType, MessagePayload, string[]][] = [
      ['image', { media_id, caption: 'Sunset' }, ['sunset']],
      ['image', { media_id }, []],
      ['audio', { media_id, duration_ms: 100 }, []],
      ['document', { media_id, filename: 'a_b.pdf', caption: 'Über' }, ['uber', 'a', 'b', 'pdf']],
      ['location', { latitude: 1.5, longitude: 2, name: 'Café', address: 'Rue 5' }, ['cafe', 'rue', '5']],
      ['system', { body: 'Anna left', action: 'member_left', name: 'lake' }, []],
      ['text', {}, []],
    ];
    for (const [type, payload, found] of messages) expect(searchTokens(type, payload)).toEqual(found);
  });

  it('are few, short and different', () => {
    const codePoints = fc.integer({ min: 1, max: 0x10ffff }).filter((c) => c < 0xd800 || c > 0xdfff);
    const texts = fc.array(
      codePoints.map((c) => String.fromCodePoint(c)),
      { maxLength: 700 },
    );
    fc.assert(
      fc.property(texts, (characters) => {
        const found = tokens(characters.join(''));
        expect(new Set(found).size).toBe(found.length);
        expect(found.length).toBeLessThanOrEqual(500);
        for (const token of found) {
          expect([...token].length).toBeGreaterThan(0);
          expect([...token].length).toBeLessThanOrEqual(40);
          expect(token.isWellFormed()).toBe(true);
          expect(token).not.toMatch(/[\s\0]/);
        }
      }),
      { numRuns: 200 },
    );
    expect(tokens('𝒳𐐀'.repeat(50))[0]).toBe('x𐐨'.repeat(20));
    expect(tokens(Array.from({ length: 600 }, (_, n) => `w${n}`).join(' '))).toHaveLength(500);
    const han = String.fromCodePoint(...Array.from({ length: 600 }, (_, n) => 0x4e00 + n));
    expect(tokens(`${han} 👍🏽`)).toHaveLength(500);
  });
});

it('folds what is folded to itself, and each grapheme as in its text', () => {
  const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
  const unit = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 3 }),
    fc.constantFrom(
      'ß',
      'İ',
      'ı',
      'Σ',
      'ς',
      'é',
      'е\u0308',
      'и\u0306',
      'か\u3099',
      'ﾊﾞ',
      'ำ',
      '각',
      'ज़',
      'آ',
      '\u0301',
    ),
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const folded = fold(text);
      expect(fold(folded)).toBe(folded);
      expect([...graphemes.segment(text)].map(({ segment }) => fold(segment)).join('')).toBe(folded);
    }),
    { numRuns: 2000 },
  );
});
