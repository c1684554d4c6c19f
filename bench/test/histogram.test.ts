import { describe, expect, it } from 'vitest';

import { Histogram } from '../src/histogram.ts';

/** The percentile by its definition, from the sorted values themselves. */
function exact(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? 0;
}

describe('Histogram', () => {
  it('answers zeros when nothing was recorded', () => {
    expect(new Histogram().summary()).toEqual({ count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 });
  });

  it('is exact below 1,024 µs', () => {
    const histogram = new Histogram();
    for (let us = 1; us <= 1000; us += 1) histogram.record(us);
    expect([50, 95, 99, 100].map((percent) => histogram.percentile(percent))).toEqual([500, 950, 990, 1000]);
    expect(histogram.summary().mean).toBeCloseTo(0.5005);
  });

  it('is never too low and at most 0.2 % too high, over nine orders of magnitude', () => {
    const histogram = new Histogram();
    // A fixed linear congruential generator: the same values on every run.
    let state = 12345;
    const values = Array.from({ length: 20_000 }, () => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return Math.floor(10 ** ((state / 2 ** 31) * 9));
    });
    for (const value of values) histogram.record(value);
    for (const percent of [1, 25, 50, 90, 95, 99, 99.9, 100]) {
      const want = exact(values, percent);
      const got = histogram.percentile(percent);
      expect(got).toBeGreaterThanOrEqual(want);
      expect(got).toBeLessThanOrEqual(want * 1.002 + 1);
    }
    expect(histogram.percentile(100)).toBe(Math.max(...values));
  });

  it('keeps a value on either side of every bucket width apart from its neighbours', () => {
    for (let power = 10; power < 31; power += 1) {
      for (const value of [2 ** power - 1, 2 ** power]) {
        const histogram = new Histogram();
        histogram.record(value);
        histogram.record(2 ** 31 - 1);
        const got = histogram.percentile(50);
        expect(got).toBeGreaterThanOrEqual(value);
        expect(got).toBeLessThanOrEqual(value * 1.002);
      }
    }
  });

  it('counts what lies outside its range at its ends', () => {
    const histogram = new Histogram();
    histogram.record(-5);
    histogram.record(2 ** 40);
    expect(histogram.percentile(50)).toBe(0);
    expect(histogram.percentile(100)).toBe(2 ** 31 - 1);
  });

  it('takes milliseconds as performance.now() differences give them', () => {
    const histogram = new Histogram();
    histogram.recordMs(0.4204);
    expect(histogram.summary()).toMatchObject({ count: 1, p50: 0.42, max: 0.42 });
  });
});
