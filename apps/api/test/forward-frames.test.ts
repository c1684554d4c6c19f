/** Where WebSocket frames end, in bytes that go by. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeFrame, FrameBoundary } from '../src/forward/frame-boundary.ts';

describe('the follower of frames', () => {
  const frame = fc.record({
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 65_500, maxLength: 65_600 }),
    ),
    masked: fc.boolean(),
  });

  function encode(payload: Uint8Array, masked: boolean): Buffer {
    const head = [0x82];
    const flag = masked ? 0x80 : 0;
    if (payload.length < 126) head.push(flag | payload.length);
    else if (payload.length < 65_536) head.push(flag | 126, payload.length >> 8, payload.length & 255);
    else {
      const size = Buffer.alloc(8);
      size.writeBigUInt64BE(BigInt(payload.length));
      head.push(flag | 127, ...size);
    }
    return Buffer.concat([Buffer.from(head), masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
  }

  it('knows where frames end, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), fc.array(fc.nat()), (frames, cuts) => {
        const wires = frames.map(({ payload, masked }) => encode(payload, masked));
        const ends = new Set<number>([0]);
        let total = 0;
        for (const wire of wires) {
          total += wire.length;
          ends.add(total);
        }
        const bytes = Buffer.concat(wires);
        const points = [...new Set(cuts.map((cut) => cut % total))].sort((a, b) => a - b);
        const boundary = new FrameBoundary();
        let at = 0;
        for (const point of [...points, total]) {
          boundary.push(bytes.subarray(at, point));
          at = point;
          expect(boundary.here).toBe(ends.has(at));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('sees a close', () => {
    const boundary = new FrameBoundary();
    boundary.push(encode(Buffer.from('hi'), false));
    expect(boundary.closed).toBe(false);
    boundary.push(closeFrame(1012));
    expect([boundary.closed, boundary.here]).toEqual([true, true]);
  });
});
