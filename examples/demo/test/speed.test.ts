import { describe, expect, it } from 'vitest';
import { parseExport } from '../src/parse.ts';

const LIMIT_MS = 2000;

function timed<T>(work: () => T): { ms: number; result: T } {
  // Time on the processor: other work on the machine would count in the time on the clock.
  const start = process.threadCpuUsage();
  const result = work();
  const { user, system } = process.threadCpuUsage(start);
  return { ms: (user + system) / 1000, result };
}

// Retried, because even so a busy machine can double a time.
describe('speed', { retry: 2 }, () => {
  it('reads 200,000 lines in less than two seconds', () => {
    const lines = Array.from({ length: 200_000 }, (_, n) => {
      if (n % 5 === 4) return `a second line: number ${n}, with 12/31/23 and ${'words '.repeat(8)}`;
      const time = `${String(Math.floor(n / 9000)).padStart(2, '0')}:${String(Math.floor(n / 150) % 60).padStart(2, '0')}`;
      return `31/12/2023, ${time} - ${['Ann: Work', 'علي', '小美'][n % 3]}: message ${n}: ${'😀 text '.repeat(6)}`;
    });
    const { ms, result } = timed(() => parseExport(lines.join('\r\n')));
    expect(result.entries).toHaveLength(160_000);
    expect(result.participants).toEqual(['Ann: Work', 'علي', '小美']);
    expect(ms).toBeLessThan(LIMIT_MS);
  });

  const header = '31/12/2023, 21:05 - ';
  it.each([
    ['colons', `${header}${'a: '.repeat(500_000)}`],
    ['colons in many lines', `${header}${'a: '.repeat(60)}\n`.repeat(20_000)],
    [
      'names that share a start',
      Array.from({ length: 60_000 }, (_, n) => `${header}Ann: ${n % 20_000}: x`).join('\n'),
    ],
    ['marks', `${header}Ann: x\n${'\u200E'.repeat(1_000_000)}`],
    ['marks before an ending', `[31/12/2023, 21:05:00] Ann: ${'\u200E'.repeat(1_000_000)}image omitted?`],
    ['empty lines', `${header}Ann: x${'\n'.repeat(500_000)}y`],
    ['spaces', `${header}Ann: ${' '.repeat(1_000_000)}x`],
    ['digits', `${header}Ann: x\n${'1'.repeat(1_000_000)}`],
    ['brackets', `[31/12/2023, 21:05:00] Ann: ${'<attached: '.repeat(100_000)}>`],
    ['preamble', `${'not a message\n'.repeat(150_000)}${header}Ann: x`],
  ])('is linear for %s', (_, text) => {
    const { ms, result } = timed(() => parseExport(text));
    expect(result.entries.length).toBeGreaterThan(0);
    expect(ms).toBeLessThan(LIMIT_MS);
  });
});
