import { isStopping } from './children.ts';
import type { Transport } from './load/connection.ts';
import { groupRows, measureGroup, nameOfGroup } from './measure-group.ts';
import { measureIdle } from './measure-idle.ts';
import { measureMessages, messageRows, nameOf } from './measure-messages.ts';
import { measureRest } from './measure-rest.ts';
import type { Group, Options } from './options.ts';
import type { GroupRow, MessagesRow, Row } from './rows.ts';
import { OwnServer, type Target } from './server.ts';
import { whole } from './stats.ts';

export interface Outcome {
  rows: Row[];
  problems: string[];
}

/**
 * Runs the groups that were asked for, each on a server of its own, so that none pays for what another has left in
 * memory or tables. A group that fails is told among the problems and does not keep the next from running.
 */
export async function runGroups(root: string, options: Options): Promise<Outcome> {
  const outcome: Outcome = { rows: [], problems: [] };
  for (const group of options.only) {
    for (const transport of transportsOf(group)) {
      try {
        await withTarget(root, options, (target) => runGroup(group, transport, target, options, outcome));
      } catch (error) {
        if (isStopping()) return outcome;
        const message = error instanceof Error ? error.message : String(error);
        // Results are published; where the project lies on this machine is nobody's business.
        const name = group === 'idle' ? `idle, ${transport}` : group;
        outcome.problems.push(`${name}: ${message.replaceAll(root, '')}`);
        progress(`${name} failed: ${message}`);
      }
    }
  }
  return outcome;
}

/** Idle memory is measured on a fresh server for each transport. */
function transportsOf(group: Group): Transport[] {
  if (group === 'idle') return ['ws', 'socketio'];
  return [group === 'socketio' ? 'socketio' : 'ws'];
}

async function withTarget(
  root: string,
  options: Options,
  work: (target: Target) => Promise<void>,
): Promise<void> {
  if (options.url) {
    await work({ url: options.url, pid: options.serverPid });
    return;
  }
  const server = await OwnServer.start(root, options.server);
  try {
    await work(server);
  } catch (error) {
    if (!isStopping()) console.error(server.log());
    throw error;
  } finally {
    await server.stop();
  }
}

async function runGroup(
  group: Group,
  transport: Transport,
  target: Target,
  options: Options,
  { rows, problems }: Outcome,
): Promise<void> {
  if (group === 'rest') {
    progress('REST against bare Express …');
    const { row, problems: found } = await measureRest(target, options);
    rows.push(row);
    problems.push(...found);
    progress(`  ${whole(row.parley.perSecond)}/s against ${whole(row.express.perSecond)}/s`);
  } else if (group === 'idle') {
    progress(`${options.connections} idle connections over ${transport} …`);
    const { row, problems: found } = await measureIdle(target, transport, options);
    rows.push(row);
    problems.push(...found);
    progress(`  ${row.kbPerConnection?.toFixed(1) ?? 'unknown'} KB each`);
  } else if (group === 'groups') {
    for (const size of groupRows(options)) {
      progress(`a group of ${nameOfGroup(size)} …`);
      const row = await measureGroup(target, options, size);
      rows.push(row);
      problems.push(...problemsOf(row));
      progress(`  ${whole(row.deliveredPerSecond)} delivered/s, p99 ${row.delivery.p99.toFixed(1)} ms`);
    }
  } else {
    for (const kind of messageRows(options)) {
      progress(`${nameOf(transport, kind.load, kind.receipts)} …`);
      const row = await measureMessages(target, transport, options, kind);
      rows.push(row);
      problems.push(...problemsOf(row));
      progress(`  ${whole(row.deliveredPerSecond)} delivered/s, p99 ${row.delivery.p99.toFixed(1)} ms`);
    }
  }
}

function problemsOf(row: MessagesRow | GroupRow): string[] {
  if (row.violations > 0)
    return [`${row.name}: ${row.violations} × such as ${row.firstViolations.slice(0, 5).join('; ')}`];
  return row.delivered === 0 ? [`${row.name}: nothing was delivered`] : [];
}

/** Progress goes to stderr, so that stdout holds the report alone. */
function progress(line: string): void {
  console.error(line);
}
