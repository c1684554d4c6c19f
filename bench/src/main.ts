import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { stopAll } from './children.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { publishedOptions, type Results, renderReport } from './report.ts';
import { runGroups } from './run.ts';
import { rounded } from './stats.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Writes the result file, `latest.md` and what `--json` asks for; returns where the results went. */
function write(results: Results, report: string, options: Options): string {
  const json = `${JSON.stringify(results, (_key, value) => (typeof value === 'number' ? rounded(value) : value), 2)}\n`;
  const folder = resolve(root, options.out);
  mkdirSync(folder, { recursive: true });
  const stamp = results.date.slice(0, 16).replace('T', '-').replace(':', '');
  const file = join(folder, `${stamp}-${options.name}.json`);
  writeFileSync(file, json);
  writeFileSync(join(folder, 'latest.md'), `# Latest benchmark\n\n${report}`);
  if (options.json) {
    mkdirSync(dirname(resolve(options.json)), { recursive: true });
    writeFileSync(resolve(options.json), json);
  }
  return relative(process.cwd(), file);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  const { rows, problems } = await runGroups(root, options);
  if (interrupted) return interrupted;
  const results: Results = {
    machine: describeMachine(),
    date: new Date().toISOString(),
    commit: describeCommit(root),
    options: publishedOptions(options),
    rows,
    problems,
  };
  const report = renderReport(results);
  console.log(`\n${report}`);
  console.log(`Written to ${write(results, report, options)}`);
  return problems.length > 0 ? 1 : 0;
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

main()
  .catch((error: unknown) => {
    if (!interrupted) console.error(error instanceof Error ? error.message : error);
    return 1;
  })
  .then(async (code) => {
    await stopAll();
    process.exit(interrupted || code);
  });
