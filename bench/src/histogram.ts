/** Values below this are kept exactly; above it every power of two is cut into half as many equal buckets. */
const EXACT = 1024;
const HALF = EXACT / 2;
const EXACT_BITS = 10;
const LARGEST = 2 ** 31 - 1;
const BUCKETS = (31 - EXACT_BITS) * HALF + EXACT;

/** What is reported of a histogram of durations, in milliseconds. */
export interface Summary {
  count: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/**
 * Durations in microseconds, in buckets whose width grows with the value (the idea of HdrHistogram): recording is
 * one array increment, memory does not depend on the count, and a percentile is at most 0.2 % too high, never too low.
 */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** Records a duration given in milliseconds, as `performance.now()` differences are. */
  recordMs(ms: number): void {
    this.record(Math.round(ms * 1000));
  }

  /** Records a duration in whole microseconds; a negative one counts as zero, one over 35 minutes as 35 minutes. */
  record(us: number): void {
    const value = Math.min(Math.max(us, 0), LARGEST);
    const index = bucketOf(value);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    this.#sum += value;
    if (value > this.#max) this.#max = value;
  }

  /** The smallest recorded duration (µs) that at least `percent` per cent of all recorded ones do not exceed. */
  percentile(percent: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index += 1) {
      seen += this.#buckets[index] ?? 0;
      if (seen >= rank) return Math.min(upperEdge(index), this.#max);
    }
    return this.#max;
  }

  summary(): Summary {
    return {
      count: this.#count,
      mean: this.#count === 0 ? 0 : this.#sum / this.#count / 1000,
      p50: this.percentile(50) / 1000,
      p95: this.percentile(95) / 1000,
      p99: this.percentile(99) / 1000,
      max: this.#max / 1000,
    };
  }
}

function bucketOf(value: number): number {
  if (value < EXACT) return value;
  const shift = 32 - Math.clz32(value) - EXACT_BITS;
  return shift * HALF + (value >>> shift);
}

/** The largest value that falls into a bucket: erring upwards flatters nobody. */
function upperEdge(index: number): number {
  if (index < EXACT) return index;
  const shift = Math.floor(index / HALF) - 1;
  return (index - shift * HALF + 1) * 2 ** shift - 1;
}
