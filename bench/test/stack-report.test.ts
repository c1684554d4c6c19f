import { describe, expect, it } from 'vitest';

import type { Case } from '../src/options.ts';
import { type StackRow, stackLoads } from '../src/stack/measure.ts';
import { renderStack, type StackResults } from '../src/stack/report.ts';
import type { StackCase } from '../src/stack/run.ts';
import { titleOf } from '../src/stack/site.ts';
import { noStages, stagesBetween } from '../src/stack/stages.ts';

const summary = (mean: number, p99: number) => ({ count: 1, mean, p50: mean, p95: p99, p99, max: p99 });

function rowOf(perSecond: number, p99: number, crossed: number): StackRow {
  const after = noStages();
  after.validate = { seconds: 0.001, shared: 0.001, messages: 100 };
  after.store = { seconds: 0.2, shared: 0.02, messages: 100 };
  after.publish = { seconds: 0.3, shared: 0.03, messages: 100 };
  return {
    name: '/ws, fixed 1000/s',
    transport: 'ws',
    load: { kind: 'open', rate: 1000 },
    deliveredPerSecond: perSecond,
    delivered: 1000,
    crossed,
    overtaken: 0,
    delivery: summary(3, p99),
    acceptance: summary(3, p99),
    lag: summary(0.5, 1),
    cores: { realtime: 0.5, generator: 0.1, others: null },
    stages: stagesBetween(noStages(), after),
    violations: 0,
    firstViolations: [],
  };
}

function caseOf(name: Case, row: StackRow, mongodb?: string): StackCase {
  const engines = { postgresql: 'PostgreSQL 18', ...(mongodb && { mongodb }) };
  return { case: name, title: titleOf(name), engines, rows: [row], rest: null };
}

function resultsOf(cases: StackCase[]): StackResults {
  const machine = { cpu: 'CPU', cores: 2, memoryGb: 8, kernel: 'Linux 1', node: 'v24' };
  return { machine, date: '2027-01-01', commit: null, options: { pairs: 50 }, cases, problems: [] };
}

/** The cells of the first line that begins with a title. */
function cells(report: string, title: string): string[] | undefined {
  const line = report.split('\n').find((each) => each.startsWith(`| ${title} `));
  return line
    ?.split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

describe('the report on a cluster', () => {
  const report = renderStack(
    resultsOf([
      caseOf('embedded', rowOf(1000, 10, 0)),
      caseOf('2', rowOf(500, 60, 1000), 'some-server 1 (stands in for MongoDB)'),
    ]),
  );

  it('puts the cases side by side, with their ratio to the embedded one', () => {
    expect(cells(report, '/ws, fixed 1000/s: delivered/s')).toEqual(['1,000', '500 (0.50 ×)']);
    expect(cells(report, '/ws, fixed 1000/s: p99 under 50 ms')).toEqual(['yes', 'no']);
    expect(cells(report, 'messages that crossed from one realtime to the other')).toEqual(['–', '100 %']);
  });

  it("names what stands in for MongoDB, and says that its time is not Parley's", () => {
    expect(cells(report, 'messages are kept in')?.[1]).toBe('some-server 1 (stands in for MongoDB)');
    expect(report).toContain("some-server 1 (stands in for MongoDB): what it takes is not Parley's");
    expect(renderStack(resultsOf([caseOf('2-postgresql', rowOf(1, 1, 0))]))).not.toContain('stands in');
  });

  it('asks a stand-in for no more than it can do, and the real one for all', () => {
    const options = { inFlight: [8], rate: 1000 };
    const rates = (mongodb: string) => stackLoads(options, { engines: { mongodb } }).at(-1);
    expect(rates('x 1 (stands in for MongoDB)')).toEqual({ kind: 'open', rate: 200 });
    expect(rates('mongod 8')).toEqual({ kind: 'open', rate: 1000 });
    expect(stackLoads(options, { engines: {} })).toHaveLength(2);
  });

  it('adds the stages up against what was measured', () => {
    expect(cells(report, 'validate')).toEqual(['10', '10']);
    expect(cells(report, 'store')).toEqual(['2,000', '2,000']);
    expect(cells(report, '… share of one message')).toEqual(['200', '200']);
    expect(cells(report, 'write')).toEqual(['–', '–']);
    expect(cells(report, 'sum without publish')).toEqual(['2,010', '2,010']);
    expect(cells(report, 'sum without publish and store')).toEqual(['10', '10']);
    expect(cells(report, 'delivery, mean')).toEqual(['3,000', '3,000']);
    expect(cells(report, 'not in a stage')).toEqual(['490', '490']);
  });

  it('gives no ratios where nothing embedded was measured, and shows what went wrong', () => {
    const alone = renderStack({ ...resultsOf([caseOf('1', rowOf(500, 60, 0))]), problems: ['it broke'] });
    expect(cells(alone, '/ws, fixed 1000/s: delivered/s')).toEqual(['500']);
    expect(alone).toContain('- it broke');
    expect(renderStack({ ...resultsOf([]), problems: ['it broke'] })).toContain('- it broke');
  });
});
