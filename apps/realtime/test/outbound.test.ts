import { Writable } from 'node:stream';
import { limits } from '@parley/contract';
import { Metrics } from '@parley/platform';
import { describe, expect, it } from 'vitest';
import { Flusher, Outbound } from '../src/outbound.ts';

/** A socket whose kernel takes what it is told to. */
class FakeSocket extends Writable {
  readonly writes: string[] = [];
  full = false;
  #pending: (() => void) | null = null;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (chunk.length > 0) this.writes.push(String(chunk));
    if (this.full) this.#pending = done;
    else done();
  }

  take(): void {
    this.full = false;
    const done = this.#pending;
    this.#pending = null;
    done?.();
  }
}

function setUp() {
  const socket = new FakeSocket();
  let slow = 0;
  const { stages } = new Metrics({ process: false });
  const outbound = new Outbound(socket as never, new Flusher(stages), () => slow++);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { socket, outbound, turn, stages, slow: () => slow };
}

describe('bytes on their way out', () => {
  it('of one turn leave in one write, in their order', async () => {
    const { socket, outbound, turn } = setUp();
    for (const text of ['a', 'b', 'c']) outbound.push(Buffer.from(text));
    expect(socket.writes).toEqual([]);
    await turn();
    outbound.push(Buffer.from('d'));
    await turn();
    expect(socket.writes).toEqual(['abc', 'd']);
  });

  it('are timed once a write, from the first of its frames until the socket has it', async () => {
    const { outbound, turn, stages } = setUp();
    outbound.push(Buffer.from('a'));
    outbound.push(Buffer.from('b'));
    await turn();
    expect(stages.write.count).toBe(2);
    expect(stages.write.sharedMs).toBeGreaterThan(0);
    expect(stages.write.spentMs).toBeCloseTo(stages.write.sharedMs * 2);
  });

  it('wait while the kernel takes no more, and go on when it does', async () => {
    const { socket, outbound, turn } = setUp();
    socket.full = true;
    outbound.push(Buffer.from('a'));
    await turn();
    outbound.push(Buffer.from('b'));
    await turn();
    outbound.push(Buffer.from('c'));
    await turn();
    expect(socket.writes).toEqual(['a']);
    socket.take();
    await turn();
    expect(socket.writes).toEqual(['a', 'bc']);
  });

  it('may be as many as the limit, and not one more', async () => {
    const { socket, outbound, turn, slow } = setUp();
    socket.full = true;
    outbound.push(Buffer.from('x'));
    await turn();
    for (let i = 1; i < limits.outbound.frames; i++) outbound.push(Buffer.from('x'));
    expect(slow()).toBe(0);
    outbound.push(Buffer.from('x'));
    expect(slow()).toBe(1);
    outbound.push(Buffer.from('x'));
    expect(slow()).toBe(1);
  });

  it('may be as large as the limit, and not larger', async () => {
    const { socket, outbound, turn, slow } = setUp();
    socket.full = true;
    outbound.push(Buffer.alloc(limits.outbound.bytes / 2));
    await turn();
    outbound.push(Buffer.alloc(limits.outbound.bytes / 2));
    expect(slow()).toBe(0);
    outbound.push(Buffer.alloc(1));
    expect(slow()).toBe(1);
  });

  it('are not counted as waiting while the kernel keeps up, however many come in one turn', async () => {
    const { socket, outbound, turn, slow } = setUp();
    for (let i = 0; i < 5 * limits.outbound.frames; i++) outbound.push(Buffer.from('x'));
    await turn();
    expect(slow()).toBe(0);
    expect(socket.writes.join('')).toHaveLength(5 * limits.outbound.frames);
  });

  it('are written before a close, also when the kernel is full', async () => {
    const { socket, outbound, turn } = setUp();
    socket.full = true;
    outbound.push(Buffer.from('a'));
    await turn();
    outbound.push(Buffer.from('b'));
    outbound.close(false);
    outbound.push(Buffer.from('c'));
    socket.take();
    await turn();
    expect(socket.writes).toEqual(['a', 'b']);
  });
});
