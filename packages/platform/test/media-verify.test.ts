import { Readable } from 'node:stream';
import type { MediaType } from '@parley/contract';
import { unavailable } from '@parley/core';
import { describe, expect, test } from 'vitest';
import { FileBytes } from '../src/media/kinds/file-bytes.ts';
import { verifyFile } from '../src/media/kinds/index.ts';
import { kinds } from '../src/media/kinds/kind.ts';
import { compoundFile, officeEntries, pdf, type ZipEntry, zip } from './media-files/archives.ts';
import { outcome } from './media-files/bytes.ts';
import { upload, verify } from './media-files/check.ts';
import { adts, box, ebml, id3, matroska, mp3, mp4, ogg, oggPage } from './media-files/footage.ts';
import { ffmpegFile, hasFfmpeg } from './media-files/made.ts';

type Kind = keyof typeof kinds;
const verifyAs = (kind: Kind, bytes: Buffer, type?: MediaType) =>
  outcome(verify(bytes, kinds[kind].mimeType, { type: type ?? kinds[kind].type }));

const many = Array.from({ length: 50 }, (_, n): ZipEntry => ({ name: `folder/${n}.txt`, data: `text ${n}` }));
const whole: [Kind, Buffer][] = [
  ['mp4', mp4()],
  ['mp4', mp4({ order: ['moov', 'moof', 'mdat', 'moof', 'mdat'] })],
  ['m4a', mp4({ brand: 'M4A ', handlers: ['soun'] })],
  ['3gp', mp4({ brand: '3gp5' })],
  ['mkv', matroska()],
  ['ogg', ogg(['\x01vorbis'])],
  ['opus', ogg(['OpusHead'], 300)],
  ['mp3', mp3(400, 'right')],
  ['aac', adts(2000)],
  ['pdf', pdf()],
  ['doc', compoundFile(['WordDocument'], ['Workbook'], 50_000)],
  ['xls', compoundFile(['Workbook', 'SummaryInformation'], ['WordDocument'])],
  ['ppt', compoundFile(['Current User', 'PowerPoint Document'])],
  ['docx', zip(officeEntries('docx', 200_000))],
  ['xlsx', zip(officeEntries('xlsx'))],
  ['pptx', zip(officeEntries('pptx'))],
  ['zip', zip(many)],
];

describe('a file that is not whole', () => {
  test.each(whole)('%s passes whole, and is refused wherever it ends', async (kind, bytes) => {
    expect(await verifyAs(kind, bytes)).toBe('done');
    for (let part = 1; part < 20; part++) {
      const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 20) + 5);
      expect(await verifyAs(kind, cut), `${part}/20`).toMatch(
        /^MEDIA_INVALID_TYPE: The file is (incomplete|damaged): /,
      );
    }
  });

  test.each(whole.filter(([kind]) => kind !== 'mp3' && kind !== 'pdf'))(
    '%s without its last byte',
    async (kind, bytes) => {
      expect(await verifyAs(kind, bytes.subarray(0, -1))).toMatch(
        /^MEDIA_INVALID_TYPE: The file is (incomplete|damaged): /,
      );
    },
  );

  test.each(whole)('%s with another kind of file in its second half', async (kind, bytes) => {
    const mixed = Buffer.concat([
      bytes.subarray(0, bytes.length / 2),
      Buffer.alloc(300_000, 'another file '),
    ]);
    expect(await verifyAs(kind, mixed)).toMatch(/^MEDIA_INVALID_TYPE: /);
  });

  test.each(whole)('%s with an archive behind it', async (kind, bytes) => {
    const hidden = Buffer.concat([bytes, zip(many)]);
    expect(await verifyAs(kind, hidden)).toMatch(/^MEDIA_INVALID_TYPE: /);
  });
});

describe('an archive', () => {
  const plain = zip(many);
  const patched = (at: number, change: (bytes: Buffer, at: number) => void) => {
    const copy = Buffer.from(plain);
    change(copy, at < 0 ? copy.length + at : at);
    return copy;
  };
  const directory = plain.indexOf('PK\x01\x02');
  const last = plain.lastIndexOf('PK\x01\x02');
  const huge = Buffer.alloc(8, 0xff);

  test.each<[string, Buffer]>([
    ['a comment', zip(many, { comment: 'made by hand' })],
    ['the records of a large one', zip(many, { large: true })],
    ['a password', zip([{ name: 'a', data: 'secret', encrypted: true }])],
    ['nothing in it', zip([])],
    ['names in other alphabets', zip([{ name: '你好/Grüße.txt' }])],
  ])('with %s passes', async (_, bytes) => {
    expect(await verifyAs('zip', bytes)).toBe('done');
  });

  test.each<[string, Buffer]>([
    ['something before it', Buffer.concat([Buffer.from('#!/bin/sh\n'), plain])],
    ['something before it that it counts', zip(many, { before: '#!/bin/sh\n' })],
    ['something behind it', Buffer.concat([plain, Buffer.from('<html>')])],
    ['another archive behind it', Buffer.concat([plain, zip([{ name: 'other' }])])],
    ['another archive before it', Buffer.concat([zip([{ name: 'other' }]), plain])],
    ['less entries than it says', zip(many, { count: 51 })],
    ['more entries than it says', zip(many, { count: 49 })],
    ['a count that differs from the other', patched(-14, (bytes, at) => bytes.writeUInt16LE(1, at))],
    [
      'an entry behind its directory',
      patched(last + 42, (bytes, at) => bytes.writeUInt32LE(directory - 5, at)),
    ],
    ['an entry outside of it', patched(last + 42, (bytes, at) => bytes.writeUInt32LE(0x7fffffff, at))],
    ['a directory outside of it', patched(-6, (bytes, at) => bytes.writeUInt32LE(0x7fffffff, at))],
    ['a broken directory', patched(directory + 60, (bytes, at) => bytes.fill(0xff, at, at + 40))],
    ['a large directory outside of it', largeAt(huge)],
    ['a file outside of its folder', zip([{ name: '../../etc/passwd' }])],
    ['a file at the root of the disk', zip([{ name: '/etc/passwd' }])],
    ['parts on other disks', patched(-18, (bytes, at) => bytes.writeUInt16LE(1, at))],
  ])('with %s is refused', async (_, bytes) => {
    expect(await verifyAs('zip', bytes)).toMatch(/^MEDIA_INVALID_TYPE: The (file|archive) /);
  });

  function largeAt(place: Buffer): Buffer {
    const bytes = zip(many, { large: true });
    place.copy(bytes, bytes.length - 22 - 20 + 8);
    return bytes;
  }

  test('of 100 000 entries is read in few steps and little memory', async () => {
    const entries = Array.from({ length: 100_000 }, (_, n) => ({ name: `folder/number/${n}.txt` }));
    const bytes = zip(entries, { large: true });
    let reads = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    await verifyFile(
      { type: 'document', mimeType: 'application/zip', sizeBytes: bytes.length, filename: null },
      async (start, end) => {
        reads++;
        most = Math.max(most, end - start + 1);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
        return Readable.from([bytes.subarray(start, end + 1)]);
      },
    );
    expect(most).toBeLessThanOrEqual(128 * 1024);
    expect(reads).toBeLessThan(bytes.length / 65_536 + 10);
  });
});

describe('an office file', () => {
  test.each<[string, Kind, Buffer]>([
    [
      'with a numbered main part',
      'docx',
      zip([
        { name: '[Content_Types].xml', data: 'x' },
        { name: 'word/document2.xml', data: 'x' },
      ]),
    ],
    ['of 1995', 'xls', compoundFile(['Book'])],
  ])('%s passes', async (_, kind, bytes) => {
    expect(await verifyAs(kind, bytes)).toBe('done');
  });

  const [types, main] = officeEntries('docx') as [ZipEntry, ZipEntry];
  test.each<[string, Kind, Buffer, string]>([
    ['that is a plain archive', 'docx', zip(many), 'no DOCX document'],
    ['without its main part', 'docx', zip([types]), 'no DOCX document'],
    ['without its types', 'docx', zip([main]), 'no DOCX document'],
    ['whose main part is empty', 'docx', zip([types, { ...main, data: '' }]), 'no DOCX document'],
    ['of another program', 'xlsx', zip([types, main]), 'no XLSX document'],
    ['with a protected part', 'docx', zip([types, { ...main, encrypted: true }]), 'password'],
    ['of before 2007 of another program', 'doc', compoundFile(['Workbook']), 'no DOC document'],
    [
      'of before 2007 that only embeds one',
      'doc',
      compoundFile(['Contents'], ['WordDocument']),
      'no DOC document',
    ],
    ['of before 2007 with a password', 'doc', compoundFile(['EncryptedPackage']), 'password'],
    [
      'of before 2007 with something behind it',
      'doc',
      Buffer.concat([compoundFile(['WordDocument']), Buffer.alloc(70_000)]),
      'after its end',
    ],
  ])('%s is refused', async (_, kind, bytes, message) => {
    expect(await verifyAs(kind, bytes)).toContain(message);
  });

  test('of before 2007 that uses what is not there is refused', async () => {
    const bytes = compoundFile(['WordDocument']);
    const table = (1 + bytes.readUInt32LE(76)) * 512;
    bytes.writeUInt32LE(0xfffffffe, table + 100 * 4);
    expect(await verifyAs('doc', bytes)).toBe(
      'MEDIA_INVALID_TYPE: The file is incomplete: its end is missing',
    );
  });

  test('of before 2007 whose directory is a ring is refused', async () => {
    const bytes = compoundFile(['WordDocument'], [], 10_000);
    // The last sector of the directory leads to itself.
    const directory = bytes.readUInt32LE(48);
    const table = (1 + bytes.readUInt32LE(76)) * 512;
    bytes.writeUInt32LE(directory, table + directory * 4);
    expect(await verifyAs('doc', bytes)).toContain('does not end');
  });
});

describe('sound and video', () => {
  test.each<[string, Kind, Buffer, MediaType?]>([
    ['an MP3 with tags on both sides', 'mp3', Buffer.concat([id3(5000), id3(100), mp3(), apeTag(), idv1()])],
    ['an MP3 whose last frame is cut', 'mp3', mp3().subarray(0, -100)],
    ['an MP3 with padding behind its tag', 'mp3', Buffer.concat([id3(100), Buffer.alloc(2000), mp3()])],
    ['an MP3 of two frames', 'mp3', mp3(2)],
    ['an MP3 that says it is shorter', 'mp3', mp3(40, 1000)],
    ['an MP3 with a tag that nobody knows', 'mp3', Buffer.concat([mp3(), Buffer.alloc(9000, 'tag')])],
    ['AAC under a tag that looks like MP3', 'mp3', Buffer.concat([id3(90_000), adts()])],
    ['AAC with a tag behind it', 'aac', Buffer.concat([adts(), idv1()])],
    ['an OGG with a tag behind it', 'ogg', Buffer.concat([ogg(['\x01vorbis']), idv1()])],
    ['an OGG of one page', 'opus', oggPage(Buffer.from('OpusHead'), 6, 0)],
    ['an MP4 filled up with zeros', 'mp4', Buffer.concat([mp4(), Buffer.alloc(5000)])],
    ['an MP4 without pictures', 'mp4', mp4({ handlers: ['soun'] }), 'audio'],
    ['an MKV with padding', 'mkv', Buffer.concat([matroska(), ebml(0xec, Buffer.alloc(900))])],
    ['an MKV of a live recording', 'mkv', matroska('matroska', { live: true })],
  ])('%s passes', async (_, kind, bytes, type) => {
    expect(await verifyAs(kind, bytes, type)).toBe('done');
  });

  test.each<[string, Kind, Buffer, string, MediaType?]>([
    ['an MP3 that is none', 'mp3', Buffer.concat([id3(100), Buffer.alloc(9000, 7)]), 'no sound'],
    ['an MP3 of tags', 'mp3', Buffer.concat([id3(100), idv1()]), 'no sound'],
    [
      'FLAC under a tag',
      'mp3',
      Buffer.concat([id3(9000), Buffer.from('fLaC'), Buffer.alloc(9000)]),
      'no sound',
    ],
    ['an MP3 that says it is longer', 'mp3', mp3(40, 100_000), 'incomplete'],
    ['an OGG with a broken page', 'ogg', broken(ogg(['\x01vorbis']), 1500), 'pages'],
    ['an OGG with a broken last page', 'opus', broken(ogg(['OpusHead'], 300), -10), 'last page'],
    [
      'an MP3 with much behind it',
      'mp3',
      Buffer.concat([mp3(400), Buffer.alloc(90_000, 'else')]),
      'something else follows',
    ],
    ['an MP4 without tracks', 'mp4', mp4({ order: ['mdat'] }), 'tracks'],
    ['an MP4 without content', 'mp4', mp4({ order: ['moov'] }), 'content'],
    ['an MP4 with something behind it', 'mp4', Buffer.concat([mp4(), Buffer.from('hello')]), 'after its end'],
    ['an MP4 that begins otherwise', 'mp4', Buffer.concat([box('free'), mp4()]), 'begin'],
    [
      'an MP4 whose box is too small',
      'mp4',
      Buffer.concat([mp4(), Buffer.of(0, 0, 0, 3, 65, 65, 65, 65)]),
      'no sense',
    ],
    ['an MP4 with pictures, sent as audio', 'm4a', mp4(), 'is a video', 'audio'],
    [
      'an MKV with something behind it',
      'mkv',
      Buffer.concat([matroska(), ebml(0xa3, Buffer.alloc(9))]),
      'after its end',
    ],
    [
      'an MKV of nothing',
      'mkv',
      Buffer.concat([ebml(0x1a45dfa3, Buffer.alloc(5)), ebml(0x18538067, Buffer.alloc(0))]),
      'content',
    ],
    [
      'a PDF with an archive in its end',
      'pdf',
      Buffer.concat([pdf(), zip([{ name: 'a' }], { comment: '%%EOF' })]),
      'archive at the same time',
    ],
    [
      'an MP4 with an archive in its last box',
      'mp4',
      Buffer.concat([mp4(), box('free', zip([{ name: 'a' }]))]),
      'archive at the same time',
    ],
  ])('%s is refused', async (_, kind, bytes, message, type) => {
    expect(await verifyAs(kind, bytes, type)).toContain(message);
  });

  test('boxes that hold each other do not pile up', async () => {
    let nested = box('hdlr');
    for (let n = 0; n < 3000; n++) nested = box('trak', nested);
    const bytes = Buffer.concat([mp4({ order: ['mdat'] }), box('moov', nested)]);
    expect(await verifyAs('mp4', bytes)).toBe('done');
  });
});

function idv1(): Buffer {
  return Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)]);
}

function apeTag(): Buffer {
  const footer = Buffer.alloc(32);
  footer.write('APETAGEX');
  footer.writeUInt32LE(532, 12);
  footer.writeUInt32LE(0x80000000, 20);
  return Buffer.concat([Buffer.alloc(32 + 500), footer]);
}

function broken(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy.writeUInt8(copy.readUInt8(place) ^ 1, place);
  return copy;
}

test('a file that is looked into is read in blocks, of which only the last few are held', async () => {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 251));
  const large = Buffer.concat(Array(1500).fill(bytes));
  const reads: number[] = [];
  const file = new FileBytes(async (start, end) => {
    reads.push(start / 131_072);
    return Readable.from([large.subarray(start, end + 1)]);
  }, large.length);
  for (const at of [0, 131_072, 131_070, 0, 300_000, 1_499_990]) {
    expect(await file.at(at, 10)).toEqual(large.subarray(at, at + 10));
  }
  expect(reads).toEqual([0, 1, 2, 11]);
  for (let block = 3; block < 9; block++) await file.at(block * 131_072, 1);
  await file.at(8 * 131_072, 1);
  await file.at(5, 1);
  expect(reads).toEqual([0, 1, 2, 11, 3, 4, 5, 6, 7, 8, 0]);
  expect(await outcome(file.at(1_499_995, 10))).toContain('incomplete');
});

test('images and text are not read', async () => {
  for (const mimeType of [
    'image/jpeg',
    'image/gif',
    'text/plain; charset=utf-8',
    'text/plain; charset=utf-16le',
  ]) {
    const read = () => Promise.reject(new Error('was read'));
    await verifyFile({ type: 'document', mimeType, sizeBytes: 10, filename: null }, read);
  }
});

test.each(whole)('%s: a store that is away is told as such', async (kind, bytes) => {
  const file = {
    type: kinds[kind].type,
    mimeType: kinds[kind].mimeType,
    sizeBytes: bytes.length,
    filename: null,
  };
  const away = unavailable('The object store', new Error('down'));
  await expect(verifyFile(file, () => Promise.reject(away))).rejects.toBe(away);
  const other = new Error('something else');
  await expect(verifyFile(file, () => Promise.reject(other))).rejects.toBe(other);
  await expect(verifyFile(file, async () => Readable.from([Buffer.alloc(1)]))).rejects.toThrow(
    'the store gave 1 bytes',
  );
});

describe.runIf(hasFfmpeg)('what ffmpeg makes is refused when it is cut', () => {
  test.each([
    ['a.mp4', 'both', ['-c:v', 'libx264', '-preset', 'ultrafast']],
    ['a.mkv', 'both', ['-c:v', 'libx264', '-preset', 'ultrafast']],
    ['a.ogg', 'sound', ['-c:a', 'libvorbis']],
    ['a.mp3', 'sound', ['-b:a', '128k']],
    ['a.aac', 'sound', ['-c:a', 'aac']],
  ] as const)('%s', async (name, sources, args) => {
    const bytes = await ffmpegFile(name, sources, args);
    for (const share of [0.3, 0.6, 0.8]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      expect(await upload(cut, { filename: name })).toMatch(
        /^MEDIA_INVALID_TYPE: The file is (incomplete|damaged)/,
      );
    }
  });
});

test('a file that is laid out to be read again and again is given up', async () => {
  const blocks = 64;
  let loads = 0;
  const read = async (start: number, end: number) => {
    loads++;
    return Readable.from([Buffer.alloc(end - start + 1)]);
  };
  const file = new FileBytes(read, blocks * 128 * 1024);
  const wander = async () => {
    for (let step = 0; step < 5_000; step++) await file.at((step % blocks) * 128 * 1024, 4);
  };
  await expect(wander()).rejects.toMatchObject({ code: 'MEDIA_INVALID_TYPE' });
  expect(loads).toBeLessThan(1_000);
});
