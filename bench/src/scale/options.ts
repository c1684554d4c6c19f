import { parseArgs } from 'node:util';

import { count, parseName, positive } from '../options.ts';

/** What `--scale` can measure. */
export const STORES = ['postgresql', 'mongodb'] as const;
export type ScaleStore = (typeof STORES)[number];

/** Messages of the small one of two servers. */
export const smallMessages = 1000;
/** People without whom the chats and contact syncs of the benchmark cannot be. */
export const leastUsers = 2000;

export interface ScaleOptions {
  stores: ScaleStore[];
  /** Messages of the large one of the two servers; the small one has 1,000. */
  messages: number;
  /** Users of the large one; the small one has 2,000. */
  users: number;
  /** Messages of the large one on what stands in for MongoDB. */
  standInMessages: number;
  /** Measured seconds of each row and number of connections, on each of the servers. */
  seconds: number;
  /** Connections that send requests, each the next when it is answered. */
  concurrency: number[];
  /** A MongoDB to measure; null for TEST_MONGO_URL or what @parley/stack finds. */
  mongo: string | null;
  server: string;
  out: string;
  json: string | null;
  name: string;
}

export const SCALE_USAGE = `npm run bench -- --scale [options]: what stays flat from ${smallMessages} messages to a million, and the numbers promised;
about eight minutes
  --messages 1000000             messages of the large server
  --users 100000                 users of the large server
  --seconds 1.5                  measured seconds per row, number of connections and server
  --concurrency 1,8              connections
  --stores ${STORES.join(',')}    where messages are; MongoDB for the search rows alone (both)
  --mongo mongodb://…            the MongoDB to use; otherwise TEST_MONGO_URL, mongod, Docker, or what stands in for it
  --stand-in-messages 5000       messages of the large server on what stands in for MongoDB
  --server, --out, --name, --json   as above`;

/** Reads the command line of `--scale`; an error says which option is wrong and what it must be. */
export function parseScaleOptions(args: readonly string[]): ScaleOptions | 'help' {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      scale: { type: 'boolean' },
      messages: text('1000000'),
      users: text('100000'),
      seconds: text('1.5'),
      concurrency: text('1,8'),
      stores: text(STORES.join(',')),
      mongo: { type: 'string' },
      'stand-in-messages': text('5000'),
      server: text('apps/standalone/src/main.ts'),
      out: text('bench/results'),
      json: { type: 'string' },
      name: text('scale'),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  return {
    stores: values.stores.split(',').map(parseStore),
    messages: atLeast('--messages', values.messages, smallMessages),
    users: atLeast('--users', values.users, leastUsers),
    standInMessages: atLeast('--stand-in-messages', values['stand-in-messages'], smallMessages),
    seconds: positive('--seconds', values.seconds),
    concurrency: values.concurrency.split(',').map((value) => count('--concurrency', value)),
    mongo: values.mongo === undefined ? null : parseMongo(values.mongo),
    server: values.server,
    out: values.out,
    json: values.json ?? null,
    name: parseName(values.name),
  };
}

function parseStore(value: string): ScaleStore {
  const found = STORES.find((name) => name === value.trim());
  if (!found) throw new Error(`--stores must be some of ${STORES.join(', ')}, separated by commas`);
  return found;
}

function atLeast(option: string, value: string, least: number): number {
  const number = count(option, value);
  if (number < least) throw new Error(`${option} must be at least ${least}`);
  return number;
}

function parseMongo(value: string): string {
  if (!/^mongodb(\+srv)?:\/\/./.test(value)) throw new Error('--mongo must be a mongodb:// address');
  return value;
}
