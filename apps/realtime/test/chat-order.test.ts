import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatOrder } from '../src/delivery/chat-order.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function world() {
  const delivered: number[] = [];
  const order = new ChatOrder({ holdMs: 160, quietHoldMs: 48, quietMs: 2_000, now: Date.now });
  const take = (...versions: number[]) => {
    for (const version of versions) order.take('chat', version, () => delivered.push(version));
  };
  return { order, delivered, take };
}

describe('the order of a chat', () => {
  it('begins a chat that it does not know with the lowest that comes in a moment', () => {
    const { delivered, take } = world();
    take(43, 41, 42);
    expect(delivered).toEqual([]);
    vi.advanceTimersByTime(50);
    expect(delivered).toEqual([41, 42, 43]);
    take(44);
    expect(delivered).toEqual([41, 42, 43, 44]);
  });

  it('begins a new chat at once', () => {
    const { delivered, take } = world();
    take(2, 1, 3);
    expect(delivered).toEqual([1, 2, 3]);
  });

  it('holds what came too early until those before it are there', () => {
    const { delivered, take } = world();
    take(1, 4, 3);
    expect(delivered).toEqual([1]);
    take(2);
    expect(delivered).toEqual([1, 2, 3, 4]);
    take(5);
    expect(delivered).toEqual([1, 2, 3, 4, 5]);
  });

  it('waits 160 ms and not longer, for what may be lost with it only a moment more, then goes on in order', () => {
    const { delivered, take } = world();
    take(1, 5, 3);
    vi.advanceTimersByTime(159);
    expect(delivered).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(delivered).toEqual([1, 3]);
    vi.advanceTimersByTime(48);
    expect(delivered).toEqual([1, 3, 5]);
    take(6);
    expect(delivered).toEqual([1, 3, 5, 6]);
  });

  it('delivers what comes after its time all the same', () => {
    const { delivered, take } = world();
    take(1, 3);
    vi.advanceTimersByTime(160);
    take(2, 4);
    expect(delivered).toEqual([1, 3, 2, 4]);
  });

  it('waits only a moment after a quiet time, when what is missing may have been for nobody here', () => {
    const { delivered, take } = world();
    take(1);
    vi.advanceTimersByTime(2_001);
    take(3, 2);
    expect(delivered).toEqual([1, 2, 3]);
    vi.advanceTimersByTime(2_001);
    take(9);
    vi.advanceTimersByTime(50);
    expect(delivered).toEqual([1, 2, 3, 9]);
  });

  it('gives each missing one its own time, however long others were held before', () => {
    const { delivered, take } = world();
    take(1);
    // Every second one comes late, though never too late: something is always held.
    for (let version = 2; version <= 20; version += 2) {
      take(version + 1);
      vi.advanceTimersByTime(120);
      take(version + 3, version);
    }
    expect(delivered).toEqual(Array.from({ length: delivered.length }, (_, index) => index + 1));
    expect(delivered.length).toBeGreaterThan(20);
  });

  it('begins a burst after a quiet time in its order, though one of it comes late', () => {
    const { delivered, take } = world();
    take(7, 8, 10, 11);
    vi.advanceTimersByTime(50);
    expect(delivered).toEqual([7, 8]);
    take(12, 9);
    expect(delivered).toEqual([7, 8, 9, 10, 11, 12]);
  });

  it('forgets no message with the chats that it forgets', () => {
    const { delivered, take, order } = world();
    take(7);
    for (let n = 0; n < 50_000; n++) order.take(`other ${n}`, 1, () => undefined);
    expect(delivered).toEqual([7]);
  });

  it('does not wait for what was for nobody here', () => {
    const { delivered, take, order } = world();
    take(1, 3);
    order.pass('chat', 2);
    expect(delivered).toEqual([1, 3]);
    order.pass('chat', 4);
    take(5);
    expect(delivered).toEqual([1, 3, 5]);
  });

  it('keeps every shuffled burst in order, each message once', () => {
    const burst = fc.shuffledSubarray(
      Array.from({ length: 30 }, (_, index) => index + 2),
      { minLength: 30, maxLength: 30 },
    );
    fc.assert(
      fc.property(burst, (versions) => {
        const { delivered, take } = world();
        take(1, ...versions);
        expect(delivered).toEqual(Array.from({ length: 31 }, (_, index) => index + 1));
      }),
    );
  });
});
