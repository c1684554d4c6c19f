import { describe, expect, it } from 'vitest';

import { FrameReader, FrameWriter, OPCODE } from '../src/load/frames.ts';

/** A frame as a server sends it. */
function serverFrame(text: string, { opcode = OPCODE.text as number, fin = true } = {}): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | opcode;
  if (head.length === 2) head[1] = payload.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

function reader(): { read: FrameReader; texts: string[] } {
  const texts: string[] = [];
  const read = new FrameReader((_opcode, _fin, bytes, start, end) => {
    texts.push(bytes.toString('latin1', start, end));
  });
  return { read, texts };
}

describe('FrameReader', () => {
  const sent = ['', 'a', 'b'.repeat(125), 'c'.repeat(126), 'd'.repeat(65_535), 'e'.repeat(65_536)];
  const stream = Buffer.concat(sent.map((text) => serverFrame(text)));

  it.each([1, 2, 3, 7, 1000, 65_537, stream.length])(
    'cuts frames of all sizes out of chunks of %i bytes',
    (size) => {
      const { read, texts } = reader();
      // One buffer for all chunks, as the sockets have: what the reader keeps must be a copy.
      const shared = Buffer.alloc(size);
      // Small chunks take only the start of the stream: the fifth frame is still incomplete there.
      const step = size < 1000 ? 4000 : stream.length;
      for (let at = 0; at < Math.min(stream.length, step); at += size) {
        const length = stream.copy(shared, 0, at, at + size);
        read.feed(shared, length);
        shared.fill(0);
      }
      expect(texts).toEqual(size < 1000 ? sent.slice(0, 4) : sent);
    },
  );

  it('refuses what was not agreed', () => {
    const compressed = serverFrame('x');
    compressed[0] = (compressed[0] ?? 0) | 0x40;
    expect(() => reader().read.feed(compressed, compressed.length)).toThrow('extension');
    const masked = new FrameWriter().text('x');
    expect(() => reader().read.feed(masked, masked.length)).toThrow('masked');
  });
});

describe('FrameWriter', () => {
  it.each(['', 'short', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(60_000)])(
    'masks what it sends',
    (text) => {
      const frame = new FrameWriter().text(text);
      const head = text.length < 126 ? 6 : 8;
      const mask = frame.subarray(head - 4, head);
      expect(frame[0]).toBe(0x81);
      expect((frame[1] ?? 0) & 0x80).toBe(0x80);
      expect(mask.equals(Buffer.alloc(4))).toBe(false);
      const plain = frame.subarray(head).map((byte, index) => byte ^ (mask[index & 3] ?? 0));
      expect(Buffer.from(plain).toString()).toBe(text);
    },
  );

  it('refuses a frame that the contract forbids', () => {
    expect(() => new FrameWriter().text('x'.repeat(70_000))).toThrow('64 KB');
  });
});
