/** The middle value; the mean of the two middle ones when their number is even; 0 of none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  const high = sorted[upper] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[upper - 1] ?? 0) + high) / 2;
}

/** True once the last `window` samples lie within `tolerance` (a share of the largest) or `floor` of each other. */
export function isSettled(
  samples: readonly number[],
  window: number,
  tolerance: number,
  floor: number,
): boolean {
  if (samples.length < window) return false;
  const last = samples.slice(-window);
  const high = Math.max(...last);
  return high - Math.min(...last) <= Math.max(high * tolerance, floor);
}

/** `12345.6` as `12,346`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A duration in ms with as many digits as mean something: `0.42`, `7.31`, `42.5`, `1,203`. */
export function ms(value: number): string {
  if (value >= 1000) return whole(value);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** Rounds to `digits` decimals, for files that people read. */
export function rounded(value: number, digits = 3): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
