/** What the stack tells once it is ready. */
import type { StoreName } from '../types.ts';
import type { Program } from './program.ts';
import type { Stack } from './stack.ts';

/** What the programs do without a store. */
const instead: Partial<Record<StoreName, string>> = {
  mongodb: 'messages are kept in PostgreSQL',
  s3: 'files are kept in the data directory',
};

/** One line for programs: `{ api: [{ url, pid }], realtime: [{ url, pid }], workers: [{ pid }], stores: { name: { url, pid, engine } } }`. */
export function toJson({ api, realtime, workers, stores }: Stack): string {
  const listening = ({ url, pid }: Program) => ({ url, pid });
  return JSON.stringify({
    api: api.map(listening),
    realtime: realtime.map(listening),
    workers: workers.map(({ pid }) => ({ pid })),
    stores: Object.fromEntries(
      Object.entries(stores).map(([name, { url, pid, engine }]) => [name, { url, pid, engine }]),
    ),
  });
}

/** For people. */
export function summary({ api, realtime, workers, stores, missing }: Stack): string {
  const rows: string[][] = [];
  for (const program of [...api, ...realtime, ...workers]) {
    rows.push([program.title, program.url ?? '', `process ${program.pid}`]);
  }
  for (const [name, { url, pid, engine }] of Object.entries(stores)) {
    rows.push([name, withoutPassword(url), `${engine}${pid === null ? '' : `, process ${pid}`}`]);
  }
  for (const [name, reason] of Object.entries(missing) as [StoreName, string][]) {
    rows.push([name, 'missing', `${instead[name] ?? ''}. ${reason}`]);
  }
  const [first, second] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    ([title = '', url = '', rest = '']) =>
      `  ${title.padEnd(first ?? 0)}  ${url.padEnd(second ?? 0)}  ${rest}`,
  );
  return `\nParley is ready at ${api[0]?.url}\n\n${lines.join('\n')}\n\nCtrl-C ends it; the data stays.\n`;
}

function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  if (url.password !== '') url.password = '…';
  return decodeURIComponent(url.href);
}
