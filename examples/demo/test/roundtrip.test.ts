import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExport } from '../src/parse.ts';
import type { WrittenEntry } from './export-writer.ts';
import { STYLES, writeExport } from './export-writer.ts';

const anyLine = fc
  .oneof(
    { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        '',
        '   indented',
        'Alice: hi',
        '12.05. is the day',
        '31/12/2023',
        '31/12/2023, 21:05',
        '[31/12/2023] Bob: no',
        '[21:05:33] Bob: no',
        '1/2/3, 4:5 - x',
        'أهلاً وسهلاً',
        'नमस्ते 🙏',
        '你好,世界',
        'สวัสดีครับ',
        '👩‍👩‍👧‍👦 🇹🇭',
        'https://example.org/a:b?c=1',
        'trailing space ',
      ),
    },
  )
  .map((line) => line.replace(/[\r\n]/g, ''));

const text = fc.array(anyLine, { minLength: 1, maxLength: 5 }).map((lines) => {
  // Not representable in an export: empty lines at the end, a mark like the app's own at the start, and
  // (without three messages to compare) a colon that could as well end a longer name.
  while (lines.length > 1 && lines.at(-1) === '') lines.pop();
  lines[0] = (lines[0] ?? '').replace(/^\u200E+/, '').replace(/:(?= |$)/g, ';');
  return lines.join('\n');
});

const author = fc.oneof(
  fc.constantFrom(
    'Alice',
    '+49 151 23456789',
    'Team 12:30',
    'a:b',
    'أحمد الهاشمي',
    'שרה',
    'प्रिया',
    '小美',
    'สมชาย',
    '👨‍👩‍👧 Home',
    'Bob - work',
    '[Carol]',
  ),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((name) => /^[\p{L}\p{N}].*[\p{L}\p{N}]$/u.test(name) && !/: |[\u00A0\u202F]/.test(name)),
);

const system = fc.constantFrom(
  'Messages and calls are end-to-end encrypted. Tap to learn more.',
  'Alice created group "Trip: 2024"',
  'Alice changed the group name from "A: b" to "C: d"',
  'Bob added Carol',
  '+49 151 23456789 left',
  'Missed voice call',
);

const chat = fc
  .record({
    style: fc.constantFrom(...STYLES),
    lineBreak: fc.constantFrom('\n', '\r\n'),
    bom: fc.boolean(),
    start: fc.date({
      min: new Date('2010-01-01T00:00:00Z'),
      max: new Date('2090-01-01T00:00:00Z'),
      noInvalidDate: true,
    }),
    items: fc.array(
      fc.record({ gap: fc.nat({ max: 3_000_000 }), text, system, author: fc.option(author, { freq: 6 }) }),
      { minLength: 1, maxLength: 25 },
    ),
  })
  .map(({ style, lineBreak, bom, start, items }) => {
    // On the 28th, so that the order of day and month is certain.
    const first = Math.floor(start.setUTCDate(28) / 1000);
    let seconds = first;
    const entries = items.map((item): WrittenEntry => {
      const shown = style.name.startsWith('iOS') ? seconds : seconds - (seconds % 60);
      seconds += item.gap;
      const at = new Date(shown * 1000).toISOString().slice(0, 19);
      return item.author === null ? { at, text: item.system } : { at, author: item.author, text: item.text };
    });
    return { style, lineBreak, bom, entries };
  });

describe('an export that was written and parsed', () => {
  it('has the same messages', () => {
    fc.assert(
      fc.property(chat, ({ style, lineBreak, bom, entries }) => {
        const parsed = parseExport((bom ? '\uFEFF' : '') + writeExport(entries, style, lineBreak));
        const read = parsed.entries.map((entry) =>
          entry.kind === 'message'
            ? { at: entry.at, author: entry.author, text: entry.text }
            : { at: entry.at, text: entry.text },
        );
        expect(read).toEqual(entries);
        const authors = entries.flatMap((entry) => (entry.author === undefined ? [] : [entry.author]));
        expect(parsed.participants).toEqual([...new Set(authors)]);
        expect(parsed.warnings).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('never fails in another way than the documented one', () => {
    const soup = fc.array(
      fc.oneof(
        anyLine,
        fc.constantFrom(...STYLES).map((style) => `${style.write(new Date('2024-02-03T04:05:06Z'))}Ann: x`),
        fc.constantFrom('99/99/2024, 10:00 - Ann: x', '[30/02/2024, 10:00:00] Ann: x', '\u200E', ':', ': '),
      ),
    );
    fc.assert(
      fc.property(soup, (lines) => {
        try {
          const { entries, participants, warnings } = parseExport(lines.join('\n'));
          expect(entries.length).toBeGreaterThan(0);
          for (const entry of entries) expect(entry.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
          expect(participants.every((name) => name !== '')).toBe(true);
          expect(warnings.length).toBeLessThanOrEqual(lines.length);
        } catch (error) {
          expect(error).toHaveProperty('name', 'ExportFormatError');
        }
      }),
      { numRuns: 500 },
    );
  });
});
