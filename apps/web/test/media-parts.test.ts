// What the web client finds out by itself: recordings in another container, which files can be sent, room, coordinates.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCoordinates } from '../src/media/attach/coordinates.ts';
import { formatDuration } from '../src/media/format.ts';
import { kindOf, refusalOf } from '../src/media/kinds.ts';
import { roomFor } from '../src/media/sizes.ts';
import { samplesOf } from '../src/media/voice/opus.ts';
import { webmToOgg } from '../src/media/voice/remux.ts';

const head = Buffer.from('OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00', 'latin1');

/** An element of EBML (RFC 8794); a null size is one that is not known. */
function element(id: string, content: Buffer, known = true): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(
    known ? 0x01_00_00_00_00_00_00_00n + BigInt(content.length) : 0x01_ff_ff_ff_ff_ff_ff_ffn,
  );
  return Buffer.concat([Buffer.from(id, 'hex'), size, content]);
}

/** What a browser records: the segment, and a cluster for every few packets, without sizes. */
function webm(packets: readonly Uint8Array[], perCluster: number, codec = 'A_OPUS'): Buffer {
  const track = element('ae', Buffer.concat([element('86', Buffer.from(codec)), element('63a2', head)]));
  const clusters: Buffer[] = [];
  for (let at = 0; at < packets.length; at += perCluster) {
    const blocks = packets.slice(at, at + perCluster).map((packet, index) => {
      return element('a3', Buffer.concat([Buffer.of(0x81, 0, index, 0x80), packet]));
    });
    clusters.push(element('1f43b675', Buffer.concat([element('e7', Buffer.of(at)), ...blocks]), false));
  }
  const segment = Buffer.concat([element('1654ae6b', track), ...clusters]);
  return Buffer.concat([
    element('1a45dfa3', element('4282', Buffer.from('webm'))),
    element('18538067', segment, false),
  ]);
}

interface Page {
  readonly flags: number;
  readonly granule: number;
  readonly sequence: number;
  readonly packets: readonly Buffer[];
}

/** Reads Ogg (RFC 3533), each page of which must be intact. */
function readOgg(bytes: Uint8Array): Page[] {
  const file = Buffer.from(bytes);
  const pages: Page[] = [];
  for (let at = 0; at < file.length; ) {
    expect(file.toString('latin1', at, at + 4)).toBe('OggS');
    const lengths = [...file.subarray(at + 27, at + 27 + file.readUInt8(at + 26))];
    const end = lengths.reduce((sum, length) => sum + length, at + 27 + lengths.length);
    expect(checksum(file.subarray(at, end))).toBe(file.readUInt32LE(at + 22));
    const packets: Buffer[] = [];
    let [from, to] = [at + 27 + lengths.length, at + 27 + lengths.length];
    for (const length of lengths) {
      to += length;
      if (length === 255) continue;
      packets.push(file.subarray(from, to));
      from = to;
    }
    const granule = Number(file.readBigUInt64LE(at + 6));
    pages.push({ flags: file.readUInt8(at + 5), granule, sequence: file.readUInt32LE(at + 18), packets });
    at = end;
  }
  return pages;
}

/** Bit by bit, as RFC 3533 section 6 has it. */
function checksum(page: Buffer): number {
  let sum = 0;
  for (const [at, byte] of page.entries()) {
    sum ^= (at >= 22 && at < 26 ? 0 : byte) << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}

describe('recordings', () => {
  /** 20 ms of CELT, of any content. */
  const packet = fc.uint8Array({ maxLength: 1275 }).map((rest) => Uint8Array.of(0xfc, ...rest));

  test('every packet of a WebM is in the Ogg, in order and with its time', () => {
    fc.assert(
      fc.property(
        fc.array(packet, { minLength: 1, maxLength: 150 }),
        fc.integer({ min: 1, max: 60 }),
        (packets, per) => {
          const pages = readOgg(webmToOgg(webm(packets, per), 7));
          expect(pages.map(({ sequence }) => sequence)).toEqual(pages.map((_, index) => index));
          expect(pages[0]).toMatchObject({ flags: 2, granule: 0, packets: [head] });
          expect(pages[1]?.packets[0]?.toString('latin1', 0, 8)).toBe('OpusTags');
          expect(pages.at(-1)?.flags).toBe(4);
          const sound = pages.slice(2);
          expect(sound.flatMap((page) => page.packets)).toEqual(packets.map((bytes) => Buffer.from(bytes)));
          let samples = 0;
          for (const page of sound) {
            samples += 960 * page.packets.length;
            expect(page.granule).toBe(samples);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('what was cut off at the end is left out; what is no recording is refused', () => {
    const packets = [Uint8Array.of(0xfc, 1), Uint8Array.of(0xfc, 2, 3)];
    const cut = webm(packets, 2).subarray(0, -1);
    expect(readOgg(webmToOgg(cut, 1)).at(-1)?.packets).toHaveLength(1);
    expect(() => webmToOgg(Buffer.from('no WebM'), 1)).toThrow('This is no WebM');
    expect(() => webmToOgg(webm(packets, 2, 'A_VORBIS'), 1)).toThrow('no Opus');
    expect(() => webmToOgg(webm([], 2), 1)).toThrow('nothing in the recording');
  });

  test.each([
    [[0x00], 480],
    [[0x18], 2880],
    [[0x60], 480],
    [[0x78, 0], 960],
    [[0xe0], 120],
    [[0xf9], 1920],
    [[0xfb, 3], 2880],
  ])('a packet that begins with %j has %i samples', (bytes, samples) => {
    expect(samplesOf(Uint8Array.from(bytes))).toBe(samples);
  });
});

describe('files', () => {
  test('what can be sent is told by the name, else by the MIME type', () => {
    expect(kindOf({ name: 'a.JPG', type: '' })).toBe('image');
    expect(kindOf({ name: 'clip', type: 'video/mp4;codecs=avc1' })).toBe('video');
    expect(kindOf({ name: 'page.html', type: 'text/html' })).toBeUndefined();
    expect(refusalOf({ name: 'a.svg', type: 'image/svg+xml', size: 10 })).toBe('kind');
    expect(refusalOf({ name: 'a.png', type: 'image/png', size: 0 })).toBe('empty');
    expect(refusalOf({ name: 'a.png', type: 'image/png', size: 16 * 2 ** 20 })).toBeNull();
    expect(refusalOf({ name: 'a.png', type: 'image/png', size: 16 * 2 ** 20 + 1 })).toBe('size');
  });

  test('a picture has room in its own shape, within limits', () => {
    const room = (width: number | null, height: number | null) =>
      roomFor({ width, height } as Parameters<typeof roomFor>[0]);
    expect(room(1600, 1200)).toEqual({ width: 330, height: 248 });
    expect(room(300, 5000)).toEqual({ width: 160, height: 360 });
    expect(room(20, 20)).toEqual({ width: 160, height: 120 });
    expect(room(null, null)).toEqual({ width: 330, height: 186 });
  });

  test.each([
    ['52.52, 13.405', { latitude: 52.52, longitude: 13.405 }],
    ['-33.9 18.4', { latitude: -33.9, longitude: 18.4 }],
    ['geo:47.2692,9.4005;u=35', { latitude: 47.2692, longitude: 9.4005 }],
    ['91, 0', null],
    ['somewhere', null],
    ['', null],
  ])('%j is read as coordinates', (text, expected) => {
    expect(readCoordinates(text)).toEqual(expected);
  });

  test.each([
    [0, '0:00'],
    [61_999, '1:01'],
    [3_723_000, '1:02:03'],
  ])('%i ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
