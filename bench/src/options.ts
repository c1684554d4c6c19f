import { parseArgs } from 'node:util';
import { limits } from '@parley/contract';

export const GROUPS = ['ws', 'socketio', 'groups', 'rest', 'idle'] as const;
export type Group = (typeof GROUPS)[number];

/** What `--stack` does not measure. */
const ONE_PROCESS_ONLY: readonly Group[] = ['groups', 'idle'];

/** What `--stack` measures side by side: one process, or a cluster with so many realtime programs. */
export const CASES = ['embedded', '1', '2', '1-postgresql', '2-postgresql'] as const;
export type Case = (typeof CASES)[number];

export interface Options {
  /** Measure a cluster beside the standalone server, and the stages of a message. */
  stack: boolean;
  cases: Case[];
  only: Group[];
  /** Measured seconds of each row of messages. */
  seconds: number;
  warmup: number;
  pairs: number;
  inFlight: number[];
  /** Messages per second of the open-loop row. */
  rate: number;
  /** Sizes of groups; a row for each. */
  members: number[];
  /** Messages outstanding in each group, in the order of `members`; null for what the yardstick had. */
  groupInFlight: number[] | null;
  /** Idle connections. */
  connections: number;
  /** Keep-alive connections of the REST row. */
  restConnections: number;
  /** A running server to measure instead of one of our own. */
  url: string | null;
  /** Its process, when it runs on this machine: without it neither CPU nor memory can be told. */
  serverPid: number | null;
  /** The program that is started when there is no `url`. */
  server: string;
  out: string;
  json: string | null;
  name: string;
}

export const USAGE = `npm run bench -- [options]
  --only ws,socketio,groups,rest,idle   rows to run (all)
  --seconds 10                   measured seconds per row (5 with --stack)
  --warmup 2                     seconds before that, not counted (1 with --stack)
  --pairs 50                     pairs of users for the message rows
  --in-flight 1,8                messages each sender keeps outstanding; one row for each number
  --rate 1000                    messages per second of the open-loop row
  --members 16,256               sizes of groups; one row for each number
  --group-in-flight 8,4          messages outstanding in each group, over all members
  --connections 5000             idle connections
  --rest-connections 32          keep-alive connections of the REST row
  --url http://127.0.0.1:3000    measure a running server (needs OTP_ECHO=true and RATE_LIMIT_SCALE=0)
  --server-pid 1234              its pid, so that CPU and memory can be told
  --server apps/standalone/src/main.ts   the program to start otherwise
  --out bench/results            where results and latest.md go
  --name all                     second half of the result file's name
  --json file                    write the JSON to this file as well

npm run bench -- --stack [options]: one process beside a cluster of real stores and programs, and where the time of a
message goes; about five minutes. Of the options above --only (without groups and idle), --seconds, --warmup, --pairs, --in-flight,
--rate, --rest-connections, --server (what is started as 'embedded'), --out, --name and --json count.
  --cases ${CASES.join(',')}
                                 columns: the number of realtime programs, -postgresql with messages in PostgreSQL
                                 instead of MongoDB or what stands in for it (all)`;

/** Reads the command line; an error says which option is wrong and what it must be. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: 'boolean', default: false },
      cases: text(CASES.join(',')),
      only: { type: 'string' },
      seconds: { type: 'string' },
      warmup: { type: 'string' },
      pairs: text('50'),
      'in-flight': text('1,8'),
      rate: text('1000'),
      members: text('16,256'),
      'group-in-flight': { type: 'string' },
      connections: text('5000'),
      'rest-connections': text('32'),
      url: { type: 'string' },
      'server-pid': { type: 'string' },
      server: text('apps/standalone/src/main.ts'),
      out: text('bench/results'),
      json: { type: 'string' },
      name: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const { stack } = values;
  const groups = stack ? GROUPS.filter((group) => !ONE_PROCESS_ONLY.includes(group)) : GROUPS;
  const only = (values.only ?? groups.join(',')).split(',').map(parseGroup);
  if (stack && only.some((group) => ONE_PROCESS_ONLY.includes(group)))
    throw new Error('--stack measures neither groups nor idle connections');
  if (stack && values.url !== undefined) throw new Error('--stack starts its own programs: leave out --url');
  const usual = stack ? 'stack' : only.length === GROUPS.length ? 'all' : only.join('-');
  return {
    stack,
    cases: values.cases.split(',').map(parseCase),
    only,
    seconds: positive('--seconds', values.seconds ?? (stack ? '5' : '10')),
    warmup: positive('--warmup', values.warmup ?? (stack ? '1' : '2')),
    pairs: count('--pairs', values.pairs),
    inFlight: values['in-flight'].split(',').map((value) => count('--in-flight', value)),
    rate: positive('--rate', values.rate),
    members: values.members.split(',').map(parseMembers),
    groupInFlight:
      values['group-in-flight']?.split(',').map((value) => count('--group-in-flight', value)) ?? null,
    connections: count('--connections', values.connections),
    restConnections: count('--rest-connections', values['rest-connections']),
    url: values.url === undefined ? null : parseBase(values.url),
    serverPid: values['server-pid'] === undefined ? null : count('--server-pid', values['server-pid']),
    server: values.server,
    out: values.out,
    json: values.json ?? null,
    name: parseName(values.name ?? usual),
  };
}

function parseGroup(value: string): Group {
  const group = GROUPS.find((name) => name === value.trim());
  if (!group) throw new Error(`--only must be some of ${GROUPS.join(', ')}, separated by commas`);
  return group;
}

function parseCase(value: string): Case {
  const found = CASES.find((name) => name === value.trim());
  if (!found) throw new Error(`--cases must be some of ${CASES.join(', ')}, separated by commas`);
  return found;
}

/** A positive number of an option's text. */
export function positive(option: string, value: string): number {
  const number = Number(value);
  if (!(number > 0) || !Number.isFinite(number)) throw new Error(`${option} must be a positive number`);
  return number;
}

/** A positive whole number of an option's text. */
export function count(option: string, value: string): number {
  const number = positive(option, value);
  if (!Number.isInteger(number)) throw new Error(`${option} must be a whole number`);
  return number;
}

function parseMembers(value: string): number {
  const number = count('--members', value);
  if (number < 2 || number > limits.groupMembers)
    throw new Error(`--members must be between 2 and ${limits.groupMembers}`);
  return number;
}

/** The generator speaks plain TCP, to spend as little as it can; TLS is not what is measured here. */
function parseBase(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== 'http:') throw new Error('--url must be an http:// address');
  return url.origin;
}

/** A part of a file name. */
export function parseName(value: string): string {
  if (!/^[\w.-]+$/.test(value))
    throw new Error('--name may hold letters, digits, dots, dashes and underscores');
  return value;
}
