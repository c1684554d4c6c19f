import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { limits, type MediaType } from '@parley/contract';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { receiveFile } from '../src/media/kinds/index.ts';
import { compoundFile, officeEntries, pdf, zip } from './media-files/archives.ts';
import { collect, cut, outcome } from './media-files/bytes.ts';
import { receive, type Sent, upload } from './media-files/check.ts';
import { adts, id3, matroska, mp3, mp4, ogg } from './media-files/footage.ts';
import { ffmpegFile, hasFfmpeg } from './media-files/made.ts';

const office = 'application/vnd.openxmlformats-officedocument';
const picture = sharp({ create: { width: 32, height: 32, channels: 3, background: '#a40' } });
const jpeg = await picture.clone().jpeg().toBuffer();
const png = await picture.clone().png().toBuffer();
const webp = await picture.clone().webp().toBuffer();
const avif = await picture.clone().avif().toBuffer();
const tiff = await picture.clone().tiff().toBuffer();
const gif = await picture.clone().gif().toBuffer();

describe('a file is what its bytes say', () => {
  test.each<[string, string, Buffer, Sent?]>([
    ['JPEG', 'image image/jpeg', jpeg],
    ['PNG', 'image image/png', png],
    ['WebP', 'image image/webp', webp],
    ['GIF', 'image image/gif', gif],
    ['PNG called .jpg', 'image image/png', png, { type: 'image', filename: 'a.jpg' }],
    ['MP4', 'video video/mp4', mp4()],
    ['MP4 of a camera', 'video video/mp4', mp4({ brand: 'XYZW', compatible: 'mp41' })],
    [
      'MP4 in fragments',
      'video video/mp4',
      mp4({ brand: 'iso5', order: ['moov', 'moof', 'mdat', 'moof', 'mdat'] }),
    ],
    ['3GP', 'video video/3gpp', mp4({ brand: '3gp4', compatible: '3gp4' })],
    ['MKV', 'video video/x-matroska', matroska()],
    ['MKV of a live recording', 'video video/x-matroska', matroska('matroska', { live: true })],
    ['M4A', 'audio audio/mp4', mp4({ brand: 'M4A ', handlers: ['soun'] })],
    ['MP4 of sound, sent as audio', 'audio audio/mp4', mp4({ handlers: ['soun'] }), { type: 'audio' }],
    ['AAC', 'audio audio/aac', adts()],
    ['AAC behind a tag', 'audio audio/aac', Buffer.concat([id3(500), adts()])],
    ['OGG Vorbis', 'audio audio/ogg', ogg(['\x01vorbis'])],
    ['OGG with a skeleton', 'audio audio/ogg', ogg(['fishead\0', '\x01vorbis'])],
    ['Opus', 'audio audio/ogg; codecs=opus', ogg(['OpusHead'])],
    ['MP3', 'audio audio/mpeg', mp3(40, 'right')],
    ['MP3 behind a small tag', 'audio audio/mpeg', Buffer.concat([id3(300), mp3()])],
    ['MP3 behind a large tag', 'audio audio/mpeg', Buffer.concat([id3(300_000), mp3()])],
    ['PDF', 'document application/pdf', pdf()],
    ['DOC', 'document application/msword', compoundFile(['WordDocument', '1Table'])],
    ['XLS', 'document application/vnd.ms-excel', compoundFile(['Workbook'])],
    ['XLS of 1995', 'document application/vnd.ms-excel', compoundFile(['Book']), { filename: 'old.XLS' }],
    ['PPT', 'document application/vnd.ms-powerpoint', compoundFile(['PowerPoint Document', 'Pictures'])],
    [
      'DOC whose directory stands far away',
      'document application/msword',
      compoundFile(['WordDocument'], [], 7_500_000),
      { filename: 'long.doc' },
    ],
    ['DOCX', `document ${office}.wordprocessingml.document`, zip(officeEntries('docx'))],
    ['XLSX', `document ${office}.spreadsheetml.sheet`, zip(officeEntries('xlsx'))],
    ['PPTX', `document ${office}.presentationml.presentation`, zip(officeEntries('pptx'))],
    [
      'DOCX that begins with a picture',
      `document ${office}.wordprocessingml.document`,
      zip(officeEntries('docx', 20_000)),
      { filename: 'report.docx' },
    ],
    ['ZIP', 'document application/zip', zip([{ name: 'a.txt', data: 'a' }])],
    ['ZIP of nothing', 'document application/zip', zip([])],
    ['ZIP with a password', 'document application/zip', zip([{ name: 'a', data: 'a', encrypted: true }])],
    ['DOCX called .zip', 'document application/zip', zip(officeEntries('docx')), { filename: 'a.zip' }],
    ['text', 'document text/plain; charset=utf-8', Buffer.from('Grüße, 你好 👋\r\n\tthe end\f')],
    ['text with a mark', 'document text/plain; charset=utf-8', Buffer.from('\ufeffmarked')],
    ['UTF-16', 'document text/plain; charset=utf-16le', Buffer.from('\ufeffhello 👋', 'utf16le')],
    [
      'UTF-16 the other way',
      'document text/plain; charset=utf-16be',
      Buffer.from('\ufeffhello 👋', 'utf16le').swap16(),
    ],
    ['text like a BMP', 'document text/plain; charset=utf-8', Buffer.from('BMW owners')],
    ['text like a program', 'document text/plain; charset=utf-8', Buffer.from('MZ is for Mozambique')],
    ['text like an MP3', 'document text/plain; charset=utf-8', Buffer.from('ID3 tags explained')],
    ['text like a GIF', 'document text/plain; charset=utf-8', Buffer.from('GIF89a is a standard')],
    ['text with < in it', 'document text/plain; charset=utf-8', Buffer.from('<3 and a < b, <abc>')],
    ['JPEG called .txt', 'image image/jpeg', jpeg, { type: 'image', filename: 'photo.txt' }],
  ])('%s', async (_, answer, bytes, sent) => {
    expect(await upload(bytes, sent)).toBe(answer);
    expect(await upload(bytes, { ...sent, sizes: [1, 4000, 7, 60_000] })).toBe(answer);
  });
});

/** Enough of it to be told, and bytes that are no text. */
const like = (start: string | Buffer) =>
  Buffer.concat([Buffer.from(start as string, 'latin1'), Buffer.alloc(600)]);

describe('is refused', () => {
  test.each<[string, Buffer, Sent?]>([
    ['no byte', Buffer.alloc(0)],
    ['a program called .jpg', like('MZ\x90\0'), { type: 'image', filename: 'cat.jpg' }],
    ['a program for Linux called .jpg', like('\x7fELF\x02\x01'), { type: 'image', filename: 'cat.jpg' }],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), { type: 'image' }],
    ['SVG as a document', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['SVG with a prefix', Buffer.from('<s:svg version="1" xmlns:s="http://www.w3.org/2000/svg"/>')],
    ['HTML', Buffer.from('\ufeff \n<!DocType html><p>')],
    ['HTML in UTF-16', Buffer.from('\ufeff\n<HTML>', 'utf16le')],
    ['HTML that begins with a script', Buffer.from('<script>alert(1)</script>'), { filename: 'a.txt' }],
    ['HTML by its name', Buffer.from('hello <script>'), { filename: 'a.html' }],
    ['XML', Buffer.from('<?xml version="1.0"?><a/>')],
    ['RTF', Buffer.from('{\\rtf1 hello}')],
    ['WebM', matroska('webm')],
    ['QuickTime', mp4({ brand: 'qt  ', compatible: 'qt  ' })],
    ['HEIC', mp4({ brand: 'heic', compatible: 'mif1heic' }), { type: 'image' }],
    ['AVIF', avif, { type: 'image' }],
    ['HEIC that calls itself MP4 too', mp4({ brand: 'heic', compatible: 'isommp42' })],
    ['BMP', like('BM\x46\x02\0\0\0\0\0\0\x36\0\0\0'), { type: 'image' }],
    ['TIFF', tiff, { type: 'image' }],
    ['RAR', like('Rar!\x1a\x07\x01\0')],
    ['7z', like(Buffer.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4))],
    ['gzip', like(Buffer.of(0x1f, 0x8b, 8, 0))],
    ['WAV', like('RIFF\0\0\0\0WAVEfmt '), { type: 'audio' }],
    ['FLAC', like('fLaC\0\0\0\x22')],
    ['Theora', ogg(['\x80theora', '\x01vorbis']), { type: 'audio' }],
    ['a video behind sound', ogg(['\x01vorbis', '\x80theora']), { type: 'audio' }],
    ['MP2', like(Buffer.of(0xff, 0xfd, 0x90, 0)), { type: 'audio' }],
    ['an Android program', zip([{ name: 'AndroidManifest.xml', data: '\x03\0' }]), { filename: 'a.apk' }],
    ['an ODT', zip([{ name: 'mimetype', data: 'application/vnd.oasis.opendocument.text' }])],
    ['a ZIP called .docx', zip([{ name: 'a.txt', data: 'a' }]), { filename: 'a.docx' }],
    ['a large ZIP called .docx', zip([{ name: 'a', data: Buffer.alloc(99_999) }]), { filename: 'a.docx' }],
    ['a DOCX without its parts', zip(officeEntries('docx').slice(0, 1)), { filename: 'a.docx' }],
    ['an XLSX called .docx', zip(officeEntries('xlsx')), { filename: 'a.docx' }],
    ['a PDF called .doc', pdf(), { filename: 'a.doc' }],
    ['text called .pdf', Buffer.from('hello'), { filename: 'a.pdf' }],
    ['an XLS called .doc', compoundFile(['Workbook']), { filename: 'a.doc' }],
    ['a DOC embedded in something else', compoundFile(['Contents'], ['WordDocument']), { filename: 'a.doc' }],
    ['an installer', compoundFile(['!Property', '!File']), { filename: 'setup.doc' }],
    ['a compound file without a name', compoundFile(['!Property'])],
    ['a DOCX with a password', compoundFile(['EncryptedPackage', 'EncryptionInfo']), { filename: 'a.doc' }],
    ['Latin-1 text', Buffer.from('Grüße', 'latin1'), { filename: 'a.txt' }],
    ['text with a NUL', Buffer.from('a\0b')],
    ['text with a NUL far away', Buffer.from(`${'a'.repeat(70_000)}\0`)],
    ['text that ends in the middle of a character', Buffer.from('a👋').subarray(0, 3)],
    ['long text that does so', Buffer.from(`${'a'.repeat(20_000)}👋`).subarray(0, -1)],
    ['HTML behind 20 KB of nothing', Buffer.from(`${' \n'.repeat(10_000)}<html>`)],
    ['UTF-16 with half a pair', Buffer.from('\ufeffa\ud83d!', 'utf16le')],
    ['a video sent as an image', mp4(), { type: 'image' }],
    ['an image sent as a video', jpeg, { type: 'video' }],
    ['a video sent as audio', mp4(), { type: 'audio' }],
    ['an M4A sent as a video', mp4({ brand: 'M4A ', handlers: ['soun'] }), { type: 'video' }],
    ['an image sent as a document', jpeg, { type: 'document' }],
    ['an image that claims to be a PDF', jpeg, { type: 'image', filename: 'a.pdf' }],
    ['an M4A with pictures', mp4({ brand: 'M4A ' })],
    ['an M4A without sound', mp4({ brand: 'M4A ', handlers: [] })],
  ])('%s', async (_, bytes, sent) => {
    expect(await upload(bytes, sent)).toMatch(/^MEDIA_INVALID_TYPE: [A-Z].{15}/);
    expect(await upload(bytes, { ...sent, sizes: [1, 4000, 7, 60_000] })).toMatch(/^MEDIA_INVALID_TYPE/);
  });

  test('with words that help', async () => {
    const said = (bytes: Buffer, sent?: Sent) => outcome(receive(bytes, sent));
    expect(await said(mp4(), { type: 'image' })).toBe(
      'MEDIA_INVALID_TYPE: The file is a video, not an image: an image must be JPEG, PNG, WebP or GIF',
    );
    expect(await said(like('MZ'), { type: 'audio' })).toBe(
      'MEDIA_INVALID_TYPE: This kind of file is not accepted: audio must be AAC, OGG, MP3 or Opus',
    );
    expect(await said(like('MZ'))).toContain('a video must be MP4, 3GP or MKV; audio must be');
    expect(await said(Buffer.from('Ü', 'latin1'), { filename: 'a.txt' })).toContain('Text must be UTF-8');
    expect(await said(Buffer.from('<html>'))).toContain('Web pages');
  });
});

describe('the stream', () => {
  const starts: Record<MediaType, Buffer> = { image: jpeg, video: mp4(), audio: mp3(), document: pdf() };

  function long(type: MediaType, size: number): Readable {
    const pieces = function* () {
      yield starts[type];
      for (let left = size - starts[type].length; left > 0; left -= 65_536)
        yield Buffer.alloc(Math.min(65_536, left));
    };
    return Readable.from(pieces(), { objectMode: false });
  }

  async function count(body: Readable): Promise<number> {
    let size = 0;
    for await (const piece of body) size += piece.length;
    return size;
  }

  test.each(Object.keys(starts) as MediaType[])(
    '%s: all that is allowed passes, one byte more does not',
    async (type) => {
      const most = limits.mediaBytes[type];
      const good = await receiveFile(long(type, most), { type, filename: null });
      expect(await count(good.body)).toBe(most);
      const source = long(type, most + 1);
      const bad = await receiveFile(source, { type, filename: null });
      expect(await outcome(count(bad.body))).toMatch(/^MEDIA_TOO_LARGE: .*\d MB$/);
      expect(source.destroyed).toBe(true);
    },
  );

  test('takes no more from its source than is read', async () => {
    let given = 0;
    const source = Readable.from(
      (function* () {
        for (; given < 1000; given++) yield given === 0 ? jpeg : Buffer.alloc(16_384);
      })(),
      { objectMode: false },
    );
    const { body } = await receiveFile(source, { type: null, filename: null });
    body.read(1);
    for (let n = 0; n < 50; n++) await turn();
    expect(given).toBeLessThan(30);
    body.destroy();
  });

  test('ends its source when nobody reads it, even before it began', async () => {
    for (const started of [false, true]) {
      const source = new Readable({ read() {} });
      source.push(pdf());
      source.push(Buffer.alloc(9000));
      const { body } = await receiveFile(source, { type: null, filename: null });
      if (started) {
        body.resume();
        await turn();
      }
      body.destroy();
      await turn();
      expect(source.destroyed).toBe(true);
    }
  });

  test('ends its source when the file is refused', async () => {
    const source = cut(Buffer.alloc(100_000, 1), [1000]);
    await expect(receiveFile(source, { type: null, filename: null })).rejects.toThrow('not accepted');
    expect(source.destroyed).toBe(true);
  });

  test('passes on the error of its source, before and after the first bytes', async () => {
    const failing = (after: number) =>
      Readable.from(
        (function* () {
          for (let n = 0; n < after; n++) yield Buffer.concat([jpeg, Buffer.alloc(9000)]);
          throw new Error('the sender went away');
        })(),
        { objectMode: false },
      );
    const claim = { type: null, filename: null };
    await expect(receiveFile(failing(0), claim)).rejects.toThrow('the sender went away');
    const { body } = await receiveFile(failing(3), claim);
    // Nobody reads yet: the error must wait.
    for (let n = 0; n < 10; n++) await turn();
    await expect(collect(body)).rejects.toThrow('the sender went away');
  });
});

describe.runIf(hasFfmpeg)('what ffmpeg makes', () => {
  const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
  test.each<[string, 'picture' | 'sound' | 'both', string[], string, MediaType?]>([
    ['a.mp4', 'both', [...h264, '-c:a', 'aac'], 'video video/mp4'],
    ['b.mp4', 'both', [...h264, '-movflags', '+frag_keyframe+empty_moov'], 'video video/mp4'],
    ['c.mp4', 'sound', ['-c:a', 'aac'], 'audio audio/mp4', 'audio'],
    ['a.3gp', 'picture', ['-c:v', 'h263', '-s', '176x144'], 'video video/3gpp'],
    ['a.mkv', 'both', h264, 'video video/x-matroska'],
    ['b.mkv', 'both', [...h264, '-live', '1'], 'video video/x-matroska'],
    ['a.m4a', 'sound', ['-c:a', 'aac'], 'audio audio/mp4'],
    ['a.aac', 'sound', ['-c:a', 'aac'], 'audio audio/aac'],
    ['b.aac', 'sound', ['-c:a', 'aac', '-write_id3v2', '1', '-metadata', 'title=x'], 'audio audio/aac'],
    ['a.ogg', 'sound', ['-c:a', 'libvorbis'], 'audio audio/ogg'],
    ['b.ogg', 'sound', ['-c:a', 'flac'], 'audio audio/ogg'],
    ['a.opus', 'sound', ['-c:a', 'libopus'], 'audio audio/ogg; codecs=opus'],
    ['a.mp3', 'sound', ['-q:a', '4', '-write_id3v1', '1', '-metadata', 'title=x'], 'audio audio/mpeg'],
    [
      'b.mp3',
      'sound',
      ['-b:a', '64k', '-ar', '22050', '-ac', '1', '-write_xing', '0', '-id3v2_version', '0'],
      'audio audio/mpeg',
    ],
    ['c.mp3', 'sound', ['-ar', '8000', '-write_apetag', '1'], 'audio audio/mpeg'],
  ])('%s %s %j is accepted', async (name, sources, args, answer, type) => {
    expect(await upload(await ffmpegFile(name, sources, args), { type: type ?? null, filename: name })).toBe(
      answer,
    );
  });

  test.each([
    ['a.webm', 'picture', ['-c:v', 'libvpx']],
    ['a.mov', 'picture', h264],
    ['a.ogv', 'both', ['-c:v', 'libtheora', '-c:a', 'libvorbis']],
    ['a.avi', 'picture', []],
    ['a.flac', 'sound', []],
    ['a.wav', 'sound', []],
    ['a.mp2', 'sound', []],
  ] as const)('%s is refused', async (name, sources, args) => {
    expect(await upload(await ffmpegFile(name, sources, args))).toContain('MEDIA_INVALID_TYPE: This kind');
  });
});
