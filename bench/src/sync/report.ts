import type { Machine } from '../machine.ts';
import { ms, whole } from '../stats.ts';
import { table } from '../table.ts';
import type { SyncMeasured } from './job.ts';
import type { SyncOptions } from './options.ts';

/** What is written to the result file. */
export interface SyncResults extends SyncMeasured {
  machine: Machine;
  date: string;
  commit: string | null;
  options: Partial<SyncOptions>;
}

/** The options that shape the numbers. */
export function publishedSyncOptions({ changes, chats, rounds }: SyncOptions): Partial<SyncOptions> {
  return { changes, chats, rounds };
}

/** One Markdown page that reads well in a terminal, too. */
export function renderSync({ machine, date, commit, rows, ratio, problems, options }: SyncResults): string {
  const head = ['asked for, until there is no more', 'ms (p50)', 'bytes', 'queries', 'pages', 'rounds'];
  const body = rows.map((row) => [
    row.name,
    ms(row.ms),
    ...[row.bytes, row.queries, row.pages, row.rounds].map(whole),
  ]);
  const parts = [
    `Measured ${date} on ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.kernel}, ` +
      `Node ${machine.node}, commit ${commit ?? 'unknown'}; core and PostgreSQL on the same machine, without HTTP, ` +
      'pages of 500. Times are from the question to the text of the answer.',
    table(head, body),
    `The same three changes among ${whole(options.chats ?? 0)} chats cost ${ratio.ms.toFixed(2)} times as long as among ten, and ` +
      `${ratio.queries.toFixed(2)} times as many queries.`,
  ];
  if (problems.length > 0)
    parts.push(`**Problems**\n\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}
