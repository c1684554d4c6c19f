// What the web client finds out by itself about people and what they wrote: numbers, names, marks.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looksLikePhone, toE164 } from '../src/lib/phone.ts';
import { matches } from '../src/people/matching.ts';
import { excerpt } from '../src/search/marked.ts';

describe('people and what they wrote', () => {
  test.each([
    ['+49 (151) 123-4567', '+491511234567'],
    ['0049 151 1234567', '+491511234567'],
    // As one writes it at home.
    ['0151 1234567', '+491511234567'],
    ['+0151', null],
  ])('%j is read as a number', (text, expected) => {
    expect([looksLikePhone(text), toE164(text, 'DE')]).toEqual([true, expected]);
  });

  test.each(['Mina', 'Mina 2', '007', 'Room 1234'])('%j is a name', (text) => {
    expect(looksLikePhone(text)).toBe(false);
  });

  test('names match by the beginnings of their words', () => {
    expect(matches('Chloé Martin', 'mar CHLOE')).toBe(true);
    expect(matches('Chloé Martin', 'tin')).toBe(false);
    expect(matches('Chloé Martin', ' ')).toBe(true);
  });

  test('an excerpt is the text around its first mark, whatever the marks', () => {
    const marks = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 12 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 400 }), marks, (body, found) => {
        const highlights = found.map(([start, length]) => ({
          field: 'body' as const,
          start,
          end: start + length,
        }));
        const pieces = excerpt({ payload: { body }, highlights }) ?? [];
        const text = pieces
          .filter(
            (piece, index) => piece.marked || piece.text !== '…' || (index > 0 && index < pieces.length - 1),
          )
          .map((piece) => piece.text)
          .join('');
        expect(body).toContain(text.replace(/^…|…$/g, ''));
      }),
    );
    const body = `${'far away '.repeat(6)}at the lake, on Saturday`;
    const start = body.indexOf('lake');
    const found = excerpt({ payload: { body }, highlights: [{ field: 'body', start, end: start + 4 }] });
    expect(found).toEqual([
      { text: '…', marked: false },
      { text: 'away far away far away far away at the ', marked: false },
      { text: 'lake', marked: true },
      { text: ', on Saturday', marked: false },
    ]);
  });
});
