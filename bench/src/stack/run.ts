import { isStopping } from '../children.ts';
import type { Case, Options } from '../options.ts';
import { whole } from '../stats.ts';
import { measureRestOf, measureRow, type StackRest, type StackRow, stackLoads } from './measure.ts';
import { type Site, startSite, titleOf } from './site.ts';

/** What was measured of one case. */
export interface StackCase {
  case: Case;
  title: string;
  /** What stands behind it, by store. */
  engines: Record<string, string>;
  rows: StackRow[];
  rest: StackRest | null;
}

export interface StackOutcome {
  cases: StackCase[];
  problems: string[];
}

/** Starts one case after the other, each on empty stores, and puts the same loads on it. */
export async function runStack(root: string, options: Options): Promise<StackOutcome> {
  const outcome: StackOutcome = { cases: [], problems: [] };
  for (const one of options.cases) {
    const title = titleOf(one);
    let site: Site | undefined;
    try {
      progress(`${title}: starting …`);
      site = await startSite(root, options.server, one);
      const measured: StackCase = { case: one, title, engines: site.engines, rows: [], rest: null };
      outcome.cases.push(measured);
      progress(`${title}: ready`);
      const before = outcome.problems.length;
      await measureCase(site, measured, options, outcome.problems);
      if (outcome.problems.length > before) progress(site.log());
    } catch (error) {
      if (isStopping()) return outcome;
      if (site) progress(site.log());
      const message = error instanceof Error ? error.message : String(error);
      // Results are published; where the project lies on this machine is nobody's business, nor what a program said at its end.
      const [reason = ''] = message.split('\n', 1);
      outcome.problems.push(`${title}: ${reason.replaceAll(root, '')}`);
      progress(`${title} failed: ${message}`);
    } finally {
      await site?.stop();
    }
  }
  return outcome;
}

async function measureCase(site: Site, into: StackCase, options: Options, problems: string[]): Promise<void> {
  const check = (name: string, { violations, firstViolations }: StackRow | StackRest): void => {
    if (violations > 0)
      problems.push(
        `${into.title}, ${name}: ${violations} × such as ${firstViolations.slice(0, 5).join('; ')}`,
      );
  };
  for (const transport of ['ws', 'socketio'] as const) {
    if (!options.only.includes(transport)) continue;
    for (const load of stackLoads(options, site)) {
      const row = await measureRow(site, transport, load, options);
      into.rows.push(row);
      check(row.name, row);
      if (row.delivered === 0) problems.push(`${into.title}, ${row.name}: nothing was delivered`);
      progress(
        `  ${row.name}: ${whole(row.deliveredPerSecond)} delivered/s, p99 ${row.delivery.p99.toFixed(1)} ms`,
      );
    }
  }
  if (options.only.includes('rest')) {
    into.rest = await measureRestOf(site, options);
    check('REST', into.rest);
    progress(`  REST: ${whole(into.rest.perSecond)}/s`);
  }
}

/** Progress goes to stderr, so that stdout holds the report alone. */
function progress(line: string): void {
  console.error(line);
}
