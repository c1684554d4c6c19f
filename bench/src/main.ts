import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { stopAll } from './children.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { MEDIA_USAGE, type MediaOptions, parseMediaOptions } from './media/options.ts';
import type { MediaResults } from './media/report.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { publishedOptions, type Results, renderReport } from './report.ts';
import { runGroups } from './run.ts';
import { parseScaleOptions, SCALE_USAGE, type ScaleOptions } from './scale/options.ts';
import type { ScaleResults } from './scale/report.ts';
import type { StackResults } from './stack/report.ts';
import { rounded } from './stats.ts';
import { parseSyncOptions, SYNC_USAGE, type SyncOptions } from './sync/options.ts';
import type { SyncResults } from './sync/report.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A page of results that is kept beside the files. */
interface Page {
  file: 'latest.md' | 'stack.md' | 'scale.md' | 'media.md' | 'sync.md';
  title: string;
}

/** Writes the result file, its page and what `--json` asks for; returns where the results went. */
function write(
  results: Results | StackResults | ScaleResults | MediaResults | SyncResults,
  page: Page,
  report: string,
  options: Pick<Options, 'out' | 'json' | 'name'>,
): string {
  const json = `${JSON.stringify(results, (_key, value) => (typeof value === 'number' ? rounded(value) : value), 2)}\n`;
  const folder = resolve(root, options.out);
  mkdirSync(folder, { recursive: true });
  const stamp = results.date.slice(0, 16).replace('T', '-').replace(':', '');
  const file = join(folder, `${stamp}-${options.name}.json`);
  writeFileSync(file, json);
  writeFileSync(join(folder, page.file), `# ${page.title}\n\n${report}`);
  if (options.json) {
    mkdirSync(dirname(resolve(options.json)), { recursive: true });
    writeFileSync(resolve(options.json), json);
  }
  return relative(process.cwd(), file);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--scale')) return scale(parseScaleOptions(args));
  if (args.includes('--media')) return media(parseMediaOptions(args));
  if (args.includes('--sync')) return sync(parseSyncOptions(args));
  const options = parseOptions(args);
  if (options === 'help') {
    console.log([USAGE, SCALE_USAGE, MEDIA_USAGE, SYNC_USAGE].join('\n\n'));
    return 0;
  }
  if (options.stack) return stack(options);
  const { rows, problems } = await runGroups(root, options);
  if (interrupted) return interrupted;
  const results: Results = { ...circumstances(), options: publishedOptions(options), rows, problems };
  const report = renderReport(results);
  console.log(`\n${report}`);
  const page = { file: 'latest.md', title: 'Latest benchmark' } as const;
  console.log(`Written to ${write(results, page, report, options)}`);
  return problems.length > 0 ? 1 : 0;
}

async function stack(options: Options): Promise<number> {
  // What starts clusters is loaded only where one is wanted.
  const [{ runStack }, { publishedStackOptions, renderStack }] = await Promise.all([
    import('./stack/run.ts'),
    import('./stack/report.ts'),
  ]);
  const { cases, problems } = await runStack(root, options);
  if (interrupted) return interrupted;
  const results = { ...circumstances(), options: publishedStackOptions(options), cases, problems };
  const report = renderStack(results);
  console.log(`\n${report}`);
  const page = { file: 'stack.md', title: 'One process and a cluster' } as const;
  console.log(`Written to ${write(results, page, report, options)}`);
  return problems.length > 0 ? 1 : 0;
}

async function scale(options: ScaleOptions | 'help'): Promise<number> {
  if (options === 'help') {
    console.log(SCALE_USAGE);
    return 0;
  }
  // What fills stores is loaded only where that is wanted.
  const [{ runScale }, { publishedScaleOptions, renderScale }] = await Promise.all([
    import('./scale/run.ts'),
    import('./scale/report.ts'),
  ]);
  const { tables, problems } = await runScale(root, options);
  if (interrupted) return interrupted;
  const results = { ...circumstances(), options: publishedScaleOptions(options), tables, problems };
  const report = renderScale(results);
  console.log(`\n${report}`);
  const page = { file: 'scale.md', title: 'What grows with what is stored' } as const;
  console.log(`Written to ${write(results, page, report, options)}`);
  return problems.length > 0 ? 1 : 0;
}

async function media(options: MediaOptions | 'help'): Promise<number> {
  if (options === 'help') {
    console.log(MEDIA_USAGE);
    return 0;
  }
  // What makes images and starts workers is loaded only where that is wanted.
  const [{ runMedia }, { publishedMediaOptions, renderMedia }] = await Promise.all([
    import('./media/run.ts'),
    import('./media/report.ts'),
  ]);
  const outcome = await runMedia(root, options);
  if (interrupted) return interrupted;
  const results = { ...circumstances(), options: publishedMediaOptions(options), ...outcome };
  const report = renderMedia(results);
  console.log(`\n${report}`);
  const page = { file: 'media.md', title: 'Files and pushes' } as const;
  console.log(`Written to ${write(results, page, report, options)}`);
  return outcome.problems.length > 0 ? 1 : 0;
}

async function sync(options: SyncOptions | 'help'): Promise<number> {
  if (options === 'help') {
    console.log(SYNC_USAGE);
    return 0;
  }
  const [{ JobProcess }, { publishedSyncOptions, renderSync }] = await Promise.all([
    import('./media/job-process.ts'),
    import('./sync/report.ts'),
  ]);
  const job = new JobProcess();
  try {
    const { changes, chats, rounds } = options;
    const measured = await job.run('sync', { changes, chats, rounds, dataDir: join(job.folder, 'data') });
    const results = { ...circumstances(), options: publishedSyncOptions(options), ...measured };
    const report = renderSync(results);
    console.log(`\n${report}`);
    const page = { file: 'sync.md', title: 'Sync' } as const;
    console.log(`Written to ${write(results, page, report, options)}`);
    return measured.problems.length > 0 ? 1 : 0;
  } finally {
    await job.stop();
  }
}

function circumstances(): Pick<Results, 'machine' | 'date' | 'commit'> {
  return { machine: describeMachine(), date: new Date().toISOString(), commit: describeCommit(root) };
}

let interrupted = 0;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  // Not `once`: a second Ctrl-C would end this process at once, and leave the others behind.
  process.on(signal, () => {
    if (interrupted) return;
    console.error(`\n${signal}: ending the server and the generator`);
    interrupted = code;
    void stopAll().finally(() => process.exit(code));
  });
}

main(process.argv.slice(2))
  .catch((error: unknown) => {
    if (!interrupted) console.error(error instanceof Error ? error.message : error);
    return 1;
  })
  .then(async (code) => {
    await stopAll();
    process.exit(interrupted || code);
  });
