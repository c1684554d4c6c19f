/** Tables for the comparison of fan-outs. */

/** Of each number the middle one of all rounds. */
export function median<T extends { [K in keyof T]: number }>(rounds: readonly T[]): T {
  const [first] = rounds;
  if (!first) throw new Error('at least one round is needed');
  const keys = Object.keys(first) as (keyof T)[];
  const middle = (key: keyof T) => {
    const sorted = rounds.map((round) => round[key] as number).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  };
  return Object.fromEntries(keys.map((key) => [key, middle(key)])) as T;
}

const rows = [
  ['packets/s', 'perSecond', 0, 'more'],
  ['p50 ms', 'p50', 2, 'less'],
  ['p99 ms', 'p99', 2, 'less'],
  ['sender CPU µs/packet', 'sender', 1, 'less'],
  ['receivers CPU µs/packet', 'receivers', 1, 'less'],
  ['Redis CPU µs/packet', 'redis', 1, 'less'],
] as const;

type Numbers = Record<(typeof rows)[number][1], number>;

/** A Markdown table; a ratio above 1 is in Parley's favour. */
export function table(title: string, results: { adapter: Numbers; parley: Numbers }): string {
  const lines = rows.map(([label, key, digits, better]) => {
    const [adapter, parley] = [results.adapter[key], results.parley[key]];
    const ratio = better === 'more' ? parley / adapter : adapter / parley;
    return `| ${label} | ${adapter.toFixed(digits)} | ${parley.toFixed(digits)} | ${ratio.toFixed(2)} |`;
  });
  return [
    `\n${title}\n`,
    '| | sharded adapter | Parley | ratio |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}
