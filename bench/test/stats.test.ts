import { describe, expect, it } from 'vitest';

import { isSettled, median, ms, rounded, whole } from '../src/stats.ts';
import { table } from '../src/table.ts';

describe('median', () => {
  it('takes the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBe(0);
  });

  it('leaves its input as it was', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('isSettled', () => {
  it('wants a full window of samples', () => {
    expect(isSettled([100, 100], 3, 0.01, 0)).toBe(false);
    expect(isSettled([100, 100, 100], 3, 0.01, 0)).toBe(true);
  });

  it('looks at the last samples only', () => {
    expect(isSettled([1, 50, 100, 100, 100], 3, 0.01, 0)).toBe(true);
    expect(isSettled([100, 100, 100, 120], 3, 0.01, 0)).toBe(false);
  });

  it('allows a share of the value or a fixed amount, whichever is more', () => {
    expect(isSettled([1000, 1004], 2, 0.005, 0)).toBe(true);
    expect(isSettled([100, 104], 2, 0.005, 0)).toBe(false);
    expect(isSettled([100, 104], 2, 0.005, 5)).toBe(true);
  });
});

describe('formats', () => {
  it('shows as many digits as mean something', () => {
    expect([0.4204, 7.312, 42.46, 1203.4].map(ms)).toEqual(['0.42', '7.31', '42.5', '1,203']);
    expect(whole(12345.6)).toBe('12,346');
    expect(rounded(1.23456)).toBe(1.235);
  });

  it('aligns a table, text to the left and numbers to the right', () => {
    expect(
      table(
        ['row', 'n'],
        [
          ['a', '1'],
          ['longer', '1,234'],
        ],
      ),
    ).toBe(
      ['| row    |     n |', '| ------ | ----: |', '| a      |     1 |', '| longer | 1,234 |'].join('\n'),
    );
  });
});
