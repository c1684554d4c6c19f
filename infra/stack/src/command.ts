/** The command `npm run stack`: a cluster on this machine until Ctrl-C. */
import { parseArgs } from 'node:util';
import { type Stack, type StackOptions, startStack } from './cluster/stack.ts';
import { summary, toJson } from './cluster/summary.ts';

const usage = `npm run stack -- [options]: the stores and the programs of Parley on this machine, until Ctrl-C.

  --api N        api programs (1)
  --realtime N   realtime programs (2)
  --workers N    workers programs (2)
  --json         print one line of JSON once all are ready
`;

interface Arguments {
  json: boolean;
  counts: { api: number; realtime: number; workers: number };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Undefined when only the usage was wanted. */
function readArguments(args: string[]): Arguments | undefined {
  const { values } = parseArgs({
    args,
    options: {
      api: { type: 'string', default: '1' },
      realtime: { type: 'string', default: '2' },
      workers: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const count = (name: 'api' | 'realtime' | 'workers') => {
    if (!/^[1-9]\d?$/.test(values[name])) throw new Error(`--${name} must be a number from 1 to 99`);
    return Number(values[name]);
  };
  return {
    json: values.json,
    counts: { api: count('api'), realtime: count('realtime'), workers: count('workers') },
  };
}

/**
 * Runs until it is told to stop: SIGINT or SIGTERM. Its exit code is 0 then, 1 when the stack does not start, 2 for wrong
 * arguments.
 */
export async function runCommand(args: string[], entries: StackOptions['entries'] = {}): Promise<void> {
  let wanted: Arguments | undefined;
  try {
    wanted = readArguments(args);
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
  if (!wanted) {
    process.stdout.write(usage);
    return;
  }
  let stack: Stack | undefined;
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    // Still starting: leaving ends what was started.
    if (!stack) process.exit(1);
    say('stopping');
    await stack.stop();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    stack = await startStack({ ...wanted.counts, entries, log: say });
    process.stdout.write(wanted.json ? `${toJson(stack)}\n` : summary(stack));
  } catch (error) {
    say(`The stack cannot start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
