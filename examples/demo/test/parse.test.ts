import { describe, expect, it } from 'vitest';
import type { ChatEntry, MessageEntry } from '../src/parse.ts';
import { bodyOf, ExportFormatError, parseExport } from '../src/parse.ts';

const at = '2023-12-31T21:05:00';

function only(text: string): ChatEntry {
  const { entries } = parseExport(text);
  expect(entries).toHaveLength(1);
  return entries[0] as ChatEntry;
}

function message(text: string): MessageEntry {
  const entry = only(text);
  if (entry.kind !== 'message') throw new Error(`Not a message: ${JSON.stringify(entry)}`);
  return entry;
}

function times(...headers: string[]): string[] {
  return parseExport(headers.map((header) => `${header}Ann: x`).join('\n')).entries.map((entry) => entry.at);
}

describe('header styles', () => {
  it.each([
    ['Android, US', '12/31/23, 9:05 PM - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, US, narrow no-break space', '12/31/23, 9:05\u202FPM - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, US, no-break space', '12/31/23, 9:05\u00A0PM - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, midnight', '12/31/23, 12:05 AM - Alice: hi', '2023-12-31T00:05:00'],
    ['Android, noon', '12/31/23, 12:05 PM - Alice: hi', '2023-12-31T12:05:00'],
    ['Android, UK', '31/12/2023, 21:05 - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, India', '31/12/23, 9:05 pm - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, Spain, 12 hours', '31/12/23, 9:05 p.\u00A0m. - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, German', '31.12.23, 21:05 - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, Finnish time', '31.12.2023, 21.05 - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, Dutch', '31-12-2023 21:05 - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, Swedish', '2023-12-31 21:05 - Alice: hi', '2023-12-31T21:05:00'],
    ['Android, marks', '\u200E31\u200F/12\u200F/2023, 21:05 - \u202AAlice\u202C: hi', '2023-12-31T21:05:00'],
    ['iOS, UK', '[31/12/2023, 21:05:33] Alice: hi', '2023-12-31T21:05:33'],
    ['iOS, US', '[12/31/23, 9:05:33 PM] Alice: hi', '2023-12-31T21:05:33'],
    ['iOS, US, narrow', '[12/31/23, 9:05:33\u202FPM] Alice: hi', '2023-12-31T21:05:33'],
    ['iOS, marked', '\u200E[31.12.23, 21:05:33] Alice: hi', '2023-12-31T21:05:33'],
    [
      'iOS, nested marks',
      '\u202A\u200F[31/12/2023, 21:05:33]\u00A0\u202BAlice\u202C: hi',
      '2023-12-31T21:05:33',
    ],
    ['iOS, unknown contact', '[31/12/2023, 21:05:33] ~\u202FAlice: hi', '2023-12-31T21:05:33'],
    ['leap day', '29/02/2024, 00:00 - Alice: hi', '2024-02-29T00:00:00'],
  ])('%s', (_, line, expected) => {
    expect(only(line)).toEqual({ kind: 'message', at: expected, author: 'Alice', text: 'hi', line: 1 });
  });

  it('reads a byte order mark, CRLF and a missing last line break', () => {
    const { entries, warnings } = parseExport(
      '\uFEFF31/12/2023, 21:05 - Ann: a\r\nb\r\n31/12/2023, 21:06 - Bob: c',
    );
    expect(entries).toMatchObject([
      { text: 'a\nb', line: 1 },
      { text: 'c', line: 3 },
    ]);
    expect(warnings).toEqual([]);
  });
});

describe('order of day and month', () => {
  it('follows a number above 12 anywhere in the file', () => {
    expect(times('1/2/24, 10:00 - ', '1/13/24, 10:00 - ')[0]).toBe('2024-01-02T10:00:00');
    expect(times('1/2/24, 10:00 AM - ', '13/2/24, 10:00 AM - ')[0]).toBe('2024-02-01T10:00:00');
  });

  it('follows time, which does not run backwards', () => {
    // Day first, the second would be nine months before the first.
    expect(times('2/11/24, 10:00 - ', '3/2/24, 10:00 - ')).toEqual([
      '2024-02-11T10:00:00',
      '2024-03-02T10:00:00',
    ]);
    expect(times('11/2/24, 10:00 PM - ', '2/3/24, 10:00 PM - ')[0]).toBe('2024-02-11T22:00:00');
  });

  it('is day first when nothing decides, but month first in US style', () => {
    expect(times('1/2/24, 10:00 - ')).toEqual(['2024-02-01T10:00:00']);
    expect(times('01.02.24, 10:00 - ')).toEqual(['2024-02-01T10:00:00']);
    expect(times('1/2/24, 10:00 am - ')).toEqual(['2024-02-01T10:00:00']);
    expect(times('1/2/24, 10:00 AM - ')).toEqual(['2024-01-02T10:00:00']);
    expect(times('[1/2/24, 10:00:00 AM] ')).toEqual(['2024-01-02T10:00:00']);
  });

  it('keeps a pasted header with the other order as text, with a warning', () => {
    const { entries, warnings } = parseExport(
      '14/02/2024, 10:00 - Ann: look\n02/20/2024, 10:00 - Bob: pasted\n15/02/2024, 10:00 - Ann: ok',
    );
    expect(entries).toMatchObject([{ text: 'look\n02/20/2024, 10:00 - Bob: pasted' }, { text: 'ok' }]);
    expect(warnings).toMatchObject([{ line: 2 }]);
  });
});

describe('several lines', () => {
  it('keeps lines that only resemble headers, and empty ones', () => {
    const body = [
      'plan:',
      '',
      'Bob: the tickets',
      '12/05 is the train',
      '31/12/2023 party',
      '31/12/2023, 21:05',
      '31/12/2023, 21:05 Bob: x',
      '31/12/2023, 25:05 - Bob: x',
      '31/12/2023, 21:75 - Bob: x',
      '12.05. - 14.05. Berlin: yes',
      '[31/12] Bob: x',
      '123/12/2023, 21:05 - Bob: x',
      '31/12-2023, 21:05 - Bob: x',
      '  31/12/2023, 21:05 - indented',
      '',
      'end',
    ].join('\n');
    const parsed = parseExport(`31/12/2023, 21:05 - Ann: ${body}\n31/12/2023, 21:06 - Bob: ok\n`);
    expect(parsed.entries).toMatchObject([
      { author: 'Ann', text: body },
      { author: 'Bob', text: 'ok', line: 17 },
    ]);
    expect(parsed.warnings).toEqual([]);
  });

  it('keeps a quoted chat of another phone as text, with a warning', () => {
    const { entries, warnings, participants } = parseExport(
      '[31/12/2023, 21:05:33] Ann: she wrote\n12/31/23, 9:05 PM - Eve: hi\n[31/12/2023, 21:06:00] Bob: no!',
    );
    expect(entries).toMatchObject([{ text: 'she wrote\n12/31/23, 9:05 PM - Eve: hi' }, { text: 'no!' }]);
    expect(participants).toEqual(['Ann', 'Bob']);
    expect(warnings).toEqual([{ line: 2, message: expect.stringContaining('another style') }]);
  });

  it('keeps an impossible date as text, with a warning', () => {
    const { entries, warnings } = parseExport('28/02/2023, 21:05 - Ann: a\n30/02/2023, 21:05 - Bob: b');
    expect(entries).toMatchObject([{ text: 'a\n30/02/2023, 21:05 - Bob: b' }]);
    expect(warnings).toEqual([{ line: 2, message: expect.stringContaining('no such date') }]);
  });

  it('drops empty lines at the end of a message', () => {
    expect(message('31/12/2023, 21:05 - Ann: a\n\n\n').text).toBe('a');
  });

  it('reads a message whose first line is empty, even if an editor cut the space', () => {
    expect(message('31/12/2023, 21:05 - Ann: \nb').text).toBe('\nb');
    expect(message('31/12/2023, 21:05 - Ann:\nb')).toMatchObject({ author: 'Ann', text: '\nb' });
    expect(only('31/12/2023, 21:05 -')).toEqual({ kind: 'system', at, text: '', line: 1 });
  });
});

describe('authors', () => {
  it.each([
    '+49 151 23456789',
    'Team 12:30',
    'a:b',
    'Bob - work',
    'أحمد الهاشمي',
    'דנה',
    'प्रिया शर्मा',
    '小美',
    'สมชาย',
    'さくら',
    '👨‍👩‍👧 Home 🇹🇭',
    'Zoë "Z" O’Neil (old)',
  ])('%s', (author) => {
    expect(message(`31/12/2023, 21:05 - ${author}: hi: there`)).toMatchObject({ author, text: 'hi: there' });
  });

  it('sheds the marks and no-break spaces of phone numbers', () => {
    expect(message('31/12/2023, 21:05 - \u202A+49\u00A0151\u00A023456789\u202C: hi').author).toBe(
      '+49 151 23456789',
    );
  });

  it('takes a colon for part of the name when every message repeats it', () => {
    const { entries, participants } = parseExport(
      ['Ann: Work: a', 'Ann: Work: b: c', 'Ann: Work added Bob', 'Ann: Work: Work: d', 'Bob: Ann: Work: x']
        .map((rest) => `31/12/2023, 21:05 - ${rest}`)
        .join('\n'),
    );
    expect(participants).toEqual(['Ann: Work', 'Bob']);
    expect(entries.map((entry) => [entry.kind, entry.text])).toEqual([
      ['message', 'a'],
      ['message', 'b: c'],
      ['system', 'Ann: Work added Bob'],
      ['message', 'Work: d'],
      ['message', 'Ann: Work: x'],
    ]);
  });

  it('tells two names apart that start alike', () => {
    const rests = ['a', 'b', 'c'].flatMap((text) => [`Dr: Who: ${text}`, `Dr: No: ${text}`]);
    const { participants } = parseExport(rests.map((rest) => `31/12/2023, 21:05 - ${rest}`).join('\n'));
    expect(participants).toEqual(['Dr: Who', 'Dr: No']);
  });

  it('leaves colons to the text when only some messages repeat them', () => {
    const rests = ['Ann: PS: a', 'Ann: PS: b', 'Ann: PS: c', 'Ann: I added salt'];
    const { participants } = parseExport(rests.map((rest) => `31/12/2023, 21:05 - ${rest}`).join('\n'));
    expect(participants).toEqual(['Ann']);
  });

  it('are listed in order of their first message, without those of system lines', () => {
    const rests = ['Eve added Bob', 'Bob: b', 'Ann: a', 'Bob: c'];
    const { participants } = parseExport(rests.map((rest) => `31/12/2023, 21:05 - ${rest}`).join('\n'));
    expect(participants).toEqual(['Bob', 'Ann']);
  });
});

describe('system lines', () => {
  it.each([
    'Messages and calls are end-to-end encrypted. No one outside of this chat can read them. Tap to learn more.',
    'Alice created group "x"',
    'Alice created group "Trip: Chiang Mai 🇹🇭"',
    'Alice changed the subject from "a: b" to "c: d"',
    'Alice changed the group name from “a: b” to “c”',
    'Your security code with Bob: Work changed. Tap to learn more.',
    'Bob added Carol',
    '+49 151 23456789 left',
    'Missed voice call',
    'قام أحمد بإضافة دانة',
  ])('%s', (text) => {
    expect(only(`31/12/2023, 21:05 - ${text}`)).toEqual({ kind: 'system', at, text, line: 1 });
    expect(only(`[31/12/2023, 21:05:00] ${text}`)).toEqual({ kind: 'system', at, text, line: 1 });
  });

  it.each([
    [
      'Trip: \u200EMessages and calls are end-to-end encrypted.',
      'Messages and calls are end-to-end encrypted.',
    ],
    ['Trip: Messages and calls are end-to-end encrypted.', 'Messages and calls are end-to-end encrypted.'],
    ['Trip: \u200EAlice created this group', 'Alice created this group'],
    ['Alice: \u200EMissed voice call', 'Missed voice call'],
    ['Trip: \u200EAlice added Bob', 'Alice added Bob'],
  ])('on iOS with an author: %s', (rest, text) => {
    const parsed = parseExport(`[31/12/2023, 21:05:00] ${rest}`);
    expect(parsed).toMatchObject({ participants: [], entries: [{ kind: 'system', text }] });
  });

  it('on iOS are told from what people write', () => {
    expect(message('[31/12/2023, 21:05:00] Bob: Alice added salt').text).toBe('Alice added salt');
    expect(message('[31/12/2023, 21:05:00] Bob: \u200EPOLL:\nWho left ?').text).toBe('POLL:\nWho left ?');
  });
});

describe('media, deletions and edits', () => {
  const android = '31/12/2023, 21:05 - Ann: ';
  const ios = '[31/12/2023, 21:05:00] Ann: ';
  it.each([
    ['omitted', `${android}<Media omitted>`, 'omitted', ''],
    ['omitted, with caption', `${android}<Media omitted>\nso nice`, 'omitted', 'so nice'],
    ['attached', `${android}IMG-2023.jpg (file attached)`, { attached: 'IMG-2023.jpg' }, ''],
    ['attached, marked', `${android}\u200EIMG-2023.jpg (file attached)`, { attached: 'IMG-2023.jpg' }, ''],
    [
      'attached, with caption',
      `${android}my cv.pdf (file attached)\nfor you\n2`,
      { attached: 'my cv.pdf' },
      'for you\n2',
    ],
    ['iOS attached', `${ios}<attached: 000.jpg>`, { attached: '000.jpg' }, ''],
    ['iOS attached, marked', `\u200E${ios}\u200E<attached: 000.jpg>`, { attached: '000.jpg' }, ''],
    [
      'iOS attached, caption',
      `${ios}so\nnice \u200E<attached: 000.jpg>`,
      { attached: '000.jpg' },
      'so\nnice',
    ],
    ['iOS omitted', `${ios}\u200Eimage omitted`, 'omitted', ''],
    ['iOS omitted, mark lost', `${ios}sticker omitted`, 'omitted', ''],
    ['iOS omitted, caption', `${ios}us \u200Evideo omitted`, 'omitted', 'us'],
  ])('%s', (_, line, media, text) => {
    expect(message(line)).toMatchObject({ author: 'Ann', media, text });
  });

  it.each([
    `${android}the <Media omitted> again`,
    `${android}<attached: 000.jpg>`,
    `${android} (file attached)`,
    `${ios}why is it "image omitted"`,
    `${ios}my image omitted`,
    `${ios}<attached: >`,
  ])('is plain text: %s', (line) => {
    expect(message(line)).not.toHaveProperty('media');
  });

  it.each(['This message was deleted', 'You deleted this message', 'This message was deleted.'])(
    '%s',
    (text) => {
      expect(message(android + text)).toMatchObject({ text, deleted: true });
      expect(message(`${ios}\u200E${text}`)).toMatchObject({ text, deleted: true });
      expect(message(`${android}${text}, sorry`)).not.toHaveProperty('deleted');
    },
  );

  it('strips the edit notice', () => {
    expect(message(`${android}hi <This message was edited>`).text).toBe('hi');
    expect(message(`${ios}a\nb \u200E<This message was edited>`).text).toBe('a\nb');
    expect(message(`${android}<This message was edited> is what it says`).text).toMatch(/^<This/);
  });

  it('has a body that can be sent', () => {
    expect(bodyOf({ text: 'hi' })).toBe('hi');
    expect(bodyOf({ text: '' })).not.toBe('');
    expect(bodyOf({ text: '', media: 'omitted' })).toBe('📎 media omitted');
    expect(bodyOf({ text: 'us', media: { attached: 'a.jpg' } })).toBe('📎 a.jpg\nus');
  });
});

describe('what is not an export', () => {
  it.each([
    ['', 1, 'empty'],
    ['\n\n  \n', 1, 'empty'],
    ['\n\nDear diary,\nit rained', 3, 'Dear diary'],
    ['{"messages": []}', 1, 'not a WhatsApp chat export'],
    ['2023-12-31T21:05:00Z INFO started', 1, 'not a WhatsApp chat export'],
    ['99/99/2023, 21:05 - Ann: hi', 1, 'not a WhatsApp chat export'],
  ])('%j', (text, line, problem) => {
    const read = () => parseExport(text);
    expect(read).toThrow(ExportFormatError);
    expect(read).toThrow(problem);
    expect(read).toThrow(expect.objectContaining({ line }));
    expect(read).toThrow(new RegExp(`^Line ${line}: `));
  });

  it('before the first message is ignored with warnings', () => {
    const { entries, warnings } = parseExport('Chat with Ann\n\nexported today\n31/12/2023, 21:05 - Ann: hi');
    expect(entries).toMatchObject([{ line: 4 }]);
    expect(warnings.map((warning) => warning.line)).toEqual([1, 3]);
  });
});
