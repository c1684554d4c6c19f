import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, graphemes, pad, truncate } from '../src/width.ts';
import { wrap } from '../src/wrap.ts';

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['hello', 5],
    ['naïve', 5],
    ['nai\u0308ve', 5],
    ['你好', 4],
    ['さくら', 6],
    ['ｶﾅ', 2],
    ['한국', 4],
    ['\u1112\u1161\u11ab', 2],
    ['，。', 4],
    ['مرحبا', 5],
    ['مَرْحَبًا', 5],
    ['שלום', 4],
    ['สวัสดี', 4],
    ['नमस्ते', 4],
    ['हिन्दी', 5],
    ['😀', 2],
    ['👍🏽', 2],
    ['👨‍👩‍👧‍👦', 2],
    ['👩🏾‍🚀', 2],
    ['🇹🇭', 2],
    ['🏴󠁧󠁢󠁳󠁣󠁴󠁿', 2],
    ['❤️', 2],
    ['❤', 1],
    ['1️⃣', 2],
    ['✓✓', 2],
    ['⌚', 2],
    ['…–│', 3],
    ['a\u200Bb\u200E\u2060', 2],
    ['𠮷', 2],
  ])('%j is %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });

  it('is the sum over what a reader sees as characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sum = graphemes(text).reduce((total, grapheme) => total + displayWidth(grapheme), 0);
        expect(displayWidth(text)).toBe(sum);
      }),
    );
  });
});

describe('truncate and pad', () => {
  it('cut between characters', () => {
    expect(truncate('Alexandra', 9)).toBe('Alexandra');
    expect(truncate('Alexandra', 5)).toBe('Alex…');
    expect(truncate('小美小美', 6)).toBe('小美…');
    expect(truncate('👨‍👩‍👧 Home', 4)).toBe('👨‍👩‍👧 …');
  });

  it('fill up by columns', () => {
    expect(pad('小美', 6)).toBe('小美  ');
    expect(pad('小美', 6, 'start')).toBe('  小美');
    expect(pad('小美', 2)).toBe('小美');
  });
});

describe('wrap', () => {
  it.each([
    ['short', 'hello', 10, ['hello']],
    ['empty', '', 10, ['']],
    ['at spaces', 'the quick brown fox', 10, ['the quick', 'brown fox']],
    ['exactly', 'abcde fghij', 5, ['abcde', 'fghij']],
    ['own breaks', 'a\n\nb c', 2, ['a', '', 'b', 'c']],
    ['indent', '  - milk', 10, ['  - milk']],
    ['long words', 'https://example.org/abc', 10, ['https://ex', 'ample.org/', 'abc']],
    ['Chinese', '我们明天去看大象', 8, ['我们明天', '去看大象']],
    ['Chinese punctuation', '去看大象。好', 8, ['去看', '大象。好']],
    ['Thai', 'สวัสดีครับผมชื่อสมชาย', 12, ['สวัสดีครับผมชื่อ', 'สมชาย']],
    ['emoji', '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 4, ['👨‍👩‍👧👨‍👩‍👧', '👨‍👩‍👧']],
    ['no-break space', 'about 10\u00A0km', 8, ['about', '10\u00A0km']],
    ['too narrow', '小美', 1, ['小', '美']],
  ])('%s', (_, text, columns, lines) => {
    expect(wrap(text, columns)).toEqual(lines);
  });

  it('keeps every visible character, in lines that fit', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.lorem(),
      fc
        .array(fc.constantFrom('你好', 'สวัสดี', ' ', 'abc', '(', '「', '。', '😀', '\n'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 40 }), (text, columns) => {
        const lines = wrap(text, columns);
        const visible = (value: string): string => value.replace(/\s/g, '');
        expect(visible(lines.join(''))).toBe(visible(text));
        // A character of several letters (as Hindi has) cannot be split, even where the line is narrower.
        const widest = Math.max(columns, ...graphemes(text.replaceAll('\n', '')).map(displayWidth));
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(widest);
      }),
    );
  });
});
