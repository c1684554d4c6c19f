import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShownMessage } from '../src/render.ts';
import {
  chatView,
  colourOf,
  displayWidth,
  formatLatency,
  percentile,
  renderDay,
  renderMessage,
  renderSummary,
  renderSystem,
  summarise,
  terminalOf,
} from '../src/render.ts';

const plain = { columns: 60, colour: false };
const wide = { columns: 80, colour: false };
const coloured = { columns: 60, colour: true };
const people = ['Layla', 'Arjun', '小美'];
const hi: ShownMessage = {
  author: 'Arjun',
  text: 'hi',
  at: '2024-01-02T09:05:00',
  receipt: 'read',
  latencyMs: 12.4,
};

describe('terminalOf', () => {
  it.each([
    ['a terminal', { isTTY: true, columns: 120 }, {}, { columns: 120, colour: true }],
    ['a pipe', {}, {}, { columns: 80, colour: false }],
    ['NO_COLOR', { isTTY: true, columns: 120 }, { NO_COLOR: '1' }, { columns: 120, colour: false }],
    ['empty NO_COLOR', { isTTY: true, columns: 120 }, { NO_COLOR: '' }, { columns: 120, colour: true }],
    ['a dumb terminal', { isTTY: true, columns: 0 }, { TERM: 'dumb' }, { columns: 80, colour: false }],
  ])('%s', (_, stream, env, expected) => {
    expect(terminalOf(stream, env)).toEqual(expected);
  });
});

describe('renderMessage', () => {
  it('is one line for a short message', () => {
    const line = renderMessage(hi, chatView(people, plain));
    expect(line).toBe(`09:05  Arjun  hi${' '.repeat(26)}  ✓✓ read    12 ms`);
    expect(displayWidth(line)).toBe(60);
  });

  it('shows how far the message got, in words where there are no colours', () => {
    const shown = (receipt: ShownMessage['receipt'], terminal: typeof plain) =>
      renderMessage({ ...hi, receipt }, chatView(people, terminal));
    expect(shown('sent', plain)).toMatch(/ ✓ {10}12 ms$/);
    expect(shown('delivered', plain)).toMatch(/ ✓✓ {9}12 ms$/);
    expect(shown('read', plain)).toMatch(/ ✓✓ read {4}12 ms$/);
    expect(shown('sent', coloured)).toContain('\u001B[2m✓ \u001B[22m');
    expect(shown('delivered', coloured)).toContain('\u001B[2m✓✓\u001B[22m');
    expect(shown('read', coloured)).toContain('\u001B[94m✓✓\u001B[39m');
  });

  it('ends at the ticks without a latency', () => {
    const { latencyMs: _, ...without } = hi;
    expect(renderMessage(without, chatView(people, plain))).toMatch(/hi {28}✓✓ read$/);
  });

  it('goes on below the text, with the ticks at the last line', () => {
    const text = 'tickets are booked for all three of us\nsee you at the station';
    expect(renderMessage({ ...hi, text }, chatView(people, plain)).split('\n')).toEqual([
      '09:05  Arjun  tickets are booked for all',
      '              three of us',
      `              see you at the station${' '.repeat(8)}✓✓ read    12 ms`,
    ]);
  });

  it('aligns wide names and wide text', () => {
    const lines = [
      { ...hi, author: '小美', text: '明天见 👨‍👩‍👧' },
      { ...hi, author: 'Layla', text: 'إلى الغد 🇯🇴' },
      { ...hi, author: 'Somebody With A Long Name', text: 'เจอกันพรุ่งนี้' },
    ].map((message) => renderMessage(message, chatView([...people, 'Somebody With A Long Name'], wide)));
    expect(lines.map(displayWidth)).toEqual([80, 80, 80]);
    expect(lines[2]).toContain('Somebody With A…  เจอ');
  });

  it('puts the text under the name where there is little room', () => {
    const text = 'tickets are booked for all three of us';
    const lines = renderMessage({ ...hi, text }, chatView(people, { columns: 40, colour: false })).split(
      '\n',
    );
    expect(lines).toEqual([
      '09:05  Arjun',
      '  tickets are booked for all three of us',
      `${' '.repeat(24)}✓✓ read    12 ms`,
    ]);
  });

  it('prints no escape sequences or direction overrides of others', () => {
    const text = 'a\u001B[2Jb\u009Bc\u0007\u202Ed\te\uD800';
    const line = renderMessage({ ...hi, author: 'Ar\u001B[31mjun\nx', text }, chatView(people, plain));
    expect(line).not.toMatch(/[\p{Cc}\u202E]/u);
    expect(line).toContain('a\uFFFD[2Jb\uFFFDc\uFFFDd    e\uFFFD');
  });

  it('never exceeds the terminal, with or without colours', () => {
    const message = fc.record({
      author: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      text: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.lorem({ maxCount: 40 })),
      at: fc.constant('2024-01-02T09:05:00'),
      receipt: fc.constantFrom('sent' as const, 'delivered' as const, 'read' as const),
      latencyMs: fc.double({ min: 0, max: 99_999, noNaN: true }),
    });
    fc.assert(
      fc.property(message, fc.integer({ min: 30, max: 160 }), fc.boolean(), (shown, columns, colour) => {
        const rendered = renderMessage(shown, chatView([shown.author], { columns, colour }));
        for (const line of rendered.split('\n')) {
          expect(displayWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });
});

describe('colours', () => {
  it('differ between people and stay the same for one', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    expect(new Set(many.map((name) => colourOf(name, many))).size).toBe(8);
    expect(colourOf('new', people)).toBe(colourOf('new', people));
    expect(many.map((name) => colourOf(name, many))).not.toContain('blue');
  });

  it('paint the name', () => {
    const view = chatView(people, coloured);
    expect(renderMessage(hi, view)).toContain('\u001B[35mArjun\u001B[39m');
    expect(renderMessage({ ...hi, author: 'Layla' }, view)).toContain('\u001B[36mLayla\u001B[39m');
  });
});

describe('system lines and days', () => {
  it('are centred', () => {
    expect(renderSystem('Layla added 小美', chatView(people, plain))).toBe(
      `${' '.repeat(22)}Layla added 小美`,
    );
    const long = renderSystem('word '.repeat(20).trim(), chatView(people, plain)).split('\n');
    expect(long).toHaveLength(2);
    expect(renderSystem('x', chatView(people, coloured))).toContain('\u001B[2mx\u001B[22m');
  });

  it('name the day whatever the zone', () => {
    expect(renderDay('2023-12-31T23:59:59', chatView(people, plain)).trim()).toMatch(
      /^Sunday,? 31 December 2023$/,
    );
    expect(renderDay('2024-01-01T00:00:00', chatView(people, plain)).trim()).toMatch(
      /^Monday,? 1 January 2024$/,
    );
  });
});

describe('summary', () => {
  it('takes percentiles by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect([0, 0.07, 0.5, 0.95, 0.99, 1].map((share) => percentile(values, share))).toEqual([
      1, 7, 50, 95, 99, 100,
    ]);
    expect(percentile([3], 0.5)).toBe(3);
    expect(percentile([], 0.5)).toBeUndefined();
  });

  it('counts what arrived', () => {
    const timings = [{ deliveredMs: 10, readMs: 30 }, { deliveredMs: 20 }, {}];
    expect(summarise(timings, 3, 1500)).toEqual({
      messages: 3,
      people: 3,
      delivered: { p50: 10, p95: 20, p99: 20 },
      read: { p50: 30, p95: 30, p99: 30 },
      totalMs: 1500,
      messagesPerSecond: 2,
    });
    expect(summarise([], 0, 0)).toEqual({ messages: 0, people: 0, totalMs: 0, messagesPerSecond: 0 });
  });

  it('is a table', () => {
    const timings = Array.from({ length: 250 }, (_, n) => ({ deliveredMs: n / 10, readMs: n }));
    expect(renderSummary(summarise(timings, 3, 2500), plain)).toBe(
      [
        '┌───────────────┬──────────┐',
        '│ messages      │      250 │',
        '│ people        │        3 │',
        '│ delivered p50 │  12.4 ms │',
        '│ delivered p95 │  23.7 ms │',
        '│ delivered p99 │  24.7 ms │',
        '│ read p50      │ 124.0 ms │',
        '│ read p95      │ 237.0 ms │',
        '│ read p99      │ 247.0 ms │',
        '│ total time    │   2.50 s │',
        '│ messages/s    │    100.0 │',
        '└───────────────┴──────────┘',
      ].join('\n'),
    );
    const colours = renderSummary(summarise([], 3, 0), coloured);
    expect(stripVTControlCharacters(colours)).toContain('│ read p99      │      – │');
  });

  it('shows small latencies with a decimal', () => {
    expect([0.04, 4.21, 9.96, 12.4, 1234.6].map(formatLatency)).toEqual([
      '0.0 ms',
      '4.2 ms',
      '10 ms',
      '12 ms',
      '1235 ms',
    ]);
  });
});
