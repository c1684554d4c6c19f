import { messageStages } from '@parley/platform';
import { whole } from '../stats.ts';
import { table } from '../table.ts';
import type { StackRow } from './measure.ts';
import type { StackCase } from './run.ts';
import { sumOf } from './stages.ts';

/** For each load of the first transport: where the time of a message goes, and who uses the CPU. */
export function renderCosts(cases: readonly StackCase[]): string[] {
  const first = cases.flatMap(({ rows }) => rows)[0]?.transport;
  const rows = cases.flatMap((one) => one.rows).filter(({ transport }) => transport === first);
  const names = [...new Set(rows.map(({ name }) => name))];
  if (names.length === 0) return [];
  return [
    ...names.flatMap((name) => [renderStages(name, cases), renderCores(name, cases)]),
    'Means in µs per message. A batch that is stored or published together counts for each of its messages as long as it took; ' +
      "its share is that divided by the batch. publish runs beside consume and is not in the sum; consume begins with the event's " +
      'own time, which has whole milliseconds. write holds for any frame. Not in a stage: the kernel, event loops that are busy ' +
      'with something else, a message that waits for those before it in its chat.',
  ];
}

const numberOf = (value: number | undefined): string => (value === undefined ? '–' : whole(value));

function renderStages(name: string, cases: readonly StackCase[]): string {
  const rowOf = (one: StackCase) => one.rows.find((row) => row.name === name);
  const line = (title: string, value: (row: StackRow) => number | undefined): string[] => [
    title,
    ...cases.map((one) => {
      const row = rowOf(one);
      return numberOf(row && value(row));
    }),
  ];
  const body: string[][] = [];
  for (const stage of messageStages) {
    body.push(line(stage.replace('_', ' '), ({ stages }) => stages[stage]?.perMessage));
    if (stage === 'store' || stage === 'publish')
      body.push(line(`… share of one message`, ({ stages }) => stages[stage]?.share));
  }
  const mean = ({ delivery }: StackRow) => delivery.mean * 1000;
  const late = ({ lag }: StackRow) => (lag ? lag.mean * 1000 : undefined);
  body.push(
    line('sum without publish', ({ stages }) => sumOf(stages)),
    line('sum without publish and store', ({ stages }) => sumOf(stages) - (stages.store?.perMessage ?? 0)),
    line('generator late', late),
    line('not in a stage', (row) => mean(row) - sumOf(row.stages) - (late(row) ?? 0)),
    line('delivery, mean', mean),
    line('delivery, p50', ({ delivery }) => delivery.p50 * 1000),
  );
  return table([`${name}: µs`, ...cases.map(({ title }) => title)], body);
}

function renderCores(name: string, cases: readonly StackCase[]): string {
  const rows = cases.map((one) => one.rows.find((row) => row.name === name));
  const groups = [...new Set(rows.flatMap((row) => Object.keys(row?.cores ?? {})))];
  // The generator and the rest of the machine come last, whichever case has which programs.
  const last = ['generator', 'others'];
  const order = [...groups.filter((group) => !last.includes(group)), ...last];
  const body = order.map((group) => [group, ...rows.map((row) => row?.cores[group]?.toFixed(2) ?? '–')]);
  return table([`${name}: CPU in cores`, ...cases.map(({ title }) => title)], body);
}
