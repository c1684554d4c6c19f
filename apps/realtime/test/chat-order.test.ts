import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatOrder } from '../src/delivery/chat-order.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function world() {
  const delivered: number[] = [];
  const order = new ChatOrder({ holdMs: 150, freshMs: 2_000, quietHoldMs: 50, now: Date.now });
  const take = (...versions: number[]) => {
    for (const version of versions) order.take('chat', version, () => delivered.push(version));
  };
  return { order, delivered, take };
}

describe('the order of a chat', () => {
  it('begins with whatever comes first', () => {
    const { delivered, take } = world();
    take(41, 42);
    expect(delivered).toEqual([41, 42]);
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

  it('waits 150 ms and not longer, then goes on in order', () => {
    const { delivered, take } = world();
    take(1, 5, 3);
    vi.advanceTimersByTime(149);
    expect(delivered).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(delivered).toEqual([1, 3, 5]);
    take(6);
    expect(delivered).toEqual([1, 3, 5, 6]);
  });

  it('delivers what comes after its time all the same', () => {
    const { delivered, take } = world();
    take(1, 3);
    vi.advanceTimersByTime(150);
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
    vi.advanceTimersByTime(2_001);
    take(100);
    expect(delivered).toEqual([1, 2, 3, 9, 100]);
  });

  it('forgets chats in the end', () => {
    const { delivered, take, order } = world();
    take(1);
    vi.advanceTimersByTime(600_001);
    order.prune();
    take(5);
    expect(delivered).toEqual([1, 5]);
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
