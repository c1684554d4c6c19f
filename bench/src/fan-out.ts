/**
 * How packets travel between instances: Parley's fan-out against Socket.IO's sharded Redis adapter with dynamic
 * subscriptions. Sender and receivers are processes of their own; Redis is the one given.
 *
 *     node bench/src/fan-out.ts --redis redis://127.0.0.1:6379 [--packets 20000] [--rounds 3]
 *
 * The database is used and left empty: give it a Redis of its own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { createRedis } from '@parley/platform';
import { type Carrier, type CarrierName, createCarrier } from './fan-out-carriers.ts';
import { median, table } from './fan-out-report.ts';

interface Case {
  name: string;
  /** Processes that receive. */
  receivers: number;
  /** Topics of packet `n`. */
  topics(n: number): string[];
  /** Topics that receiver `index` holds. */
  held(index: number): string[];
  /** Packets, as a share of those asked for. */
  share: number;
  /** How many senders there are, and how many packets each sends before it waits. */
  load: { lanes: number; burst: number };
}

const pairs = 500;
const heavy = { lanes: 8, burst: 25 };
const range = (count: number, name: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => name(n));

const cases: Case[] = [
  {
    name: 'pairs, one packet at a time',
    receivers: 1,
    topics: (n) => [`here:${n % pairs}`, `there:${n % pairs}`],
    held: () => range(pairs, (n) => `there:${n}`),
    share: 0.1,
    load: { lanes: 1, burst: 1 },
  },
  {
    name: 'pairs: 2 topics, one of them on another instance',
    receivers: 1,
    topics: (n) => [`here:${n % pairs}`, `there:${n % pairs}`],
    held: () => range(pairs, (n) => `there:${n}`),
    share: 1,
    load: heavy,
  },
  {
    name: 'one topic, on another instance',
    receivers: 1,
    topics: (n) => [`there:${n % pairs}`],
    held: () => range(pairs, (n) => `there:${n}`),
    share: 1,
    load: heavy,
  },
  {
    name: 'one topic on one of 4 other instances',
    receivers: 4,
    topics: (n) => [`here:${n % pairs}`, `there:${n % 4}:${n % pairs}`],
    held: (index) => range(pairs, (n) => `there:${index}:${n}`),
    share: 1,
    load: heavy,
  },
  {
    name: 'group: 256 topics, half on each of 2 other instances',
    receivers: 2,
    topics: () => range(256, (n) => `member:${n}`),
    held: (index) => range(128, (n) => `member:${index * 128 + n}`),
    share: 0.1,
    load: heavy,
  },
];

/** Makes the data of a packet 400 characters long, with the moment of sending in it. */
const padding = 'x'.repeat(340);

interface Result {
  perSecond: number;
  p50: number;
  p99: number;
  sender: number;
  receivers: number;
  redis: number;
}

function options() {
  const { values } = parseArgs({
    options: {
      redis: { type: 'string' },
      packets: { type: 'string', default: '20000' },
      rounds: { type: 'string', default: '3' },
      receive: { type: 'string' },
      case: { type: 'string' },
      index: { type: 'string' },
    },
  });
  if (values.redis === undefined) throw new Error('--redis must be the address of a Redis to use');
  return { ...values, redis: values.redis };
}

const now = () => performance.timeOrigin + performance.now();
const microseconds = (usage: NodeJS.CpuUsage) => usage.user + usage.system;

/** The receiving process: takes packets until told to report. */
async function receive(redis: string, name: CarrierName, { held }: Case, index: number): Promise<void> {
  const carrier = await createCarrier(name, redis);
  let packets = 0;
  let waits: number[] = [];
  let cpu = process.cpuUsage();
  carrier.onPacket((sentAt) => {
    packets++;
    waits.push(now() - sentAt);
  });
  for (const topic of held(index)) await carrier.hold(topic);
  process.on('message', async (message) => {
    if (message === 'start') {
      [packets, waits, cpu] = [0, [], process.cpuUsage()];
      process.send?.({});
    } else if (message === 'count') process.send?.({ packets });
    else if (message === 'report') {
      process.send?.({ packets, waits, cpu: microseconds(process.cpuUsage(cpu)) });
    } else {
      await carrier.close();
      process.disconnect();
    }
  });
  process.send?.({});
}

async function ask<T>(child: ChildProcess, message: string): Promise<T> {
  child.send(message);
  const [answer] = await once(child, 'message');
  return answer as T;
}

/** One measurement; a packet is over when every receiver that holds one of its topics has it. */
async function measure(
  carrier: Carrier,
  children: ChildProcess[],
  it: Case,
  packets: number,
): Promise<Result> {
  await Promise.all(children.map((child) => ask(child, 'start')));
  const redisCpu = await carrier.redisCpu();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const { lanes, burst } = it.load;
  let next = 0;
  const lane = async () => {
    while (next < packets) {
      const sending: Promise<void>[] = [];
      for (let i = 0; i < burst && next < packets; i++) {
        sending.push(carrier.send(it.topics(next++), { sent_at: now(), padding }));
      }
      await Promise.all(sending);
      await carrier.flushed();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const expected = it.name.startsWith('group') ? packets * it.receivers : packets;
  for (;;) {
    const counts = await Promise.all(children.map((child) => ask<{ packets: number }>(child, 'count')));
    if (counts.reduce((sum, count) => sum + count.packets, 0) >= expected) break;
    if (performance.now() - started > 120_000) throw new Error('packets are missing');
  }
  const seconds = (performance.now() - started) / 1000;
  const sender = microseconds(process.cpuUsage(cpu));
  const redis = (await carrier.redisCpu()) - redisCpu;
  type Report = { waits: number[]; cpu: number };
  const reports = await Promise.all(children.map((child) => ask<Report>(child, 'report')));
  const waits = reports.flatMap((report) => report.waits).sort((a, b) => a - b);
  const at = (share: number) => waits[Math.floor((waits.length - 1) * share)] ?? Number.NaN;
  return {
    perSecond: packets / seconds,
    p50: at(0.5),
    p99: at(0.99),
    sender: sender / packets,
    receivers: reports.reduce((sum, report) => sum + report.cpu, 0) / packets,
    redis: redis / packets,
  };
}

async function runCase(redis: string, name: CarrierName, caseIndex: number, packets: number, rounds: number) {
  const it = cases[caseIndex] as Case;
  const children = Array.from({ length: it.receivers }, (_, index) =>
    fork(import.meta.filename, [
      ...['--redis', redis, '--receive', name],
      ...['--case', String(caseIndex), '--index', String(index)],
    ]),
  );
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const carrier = await createCarrier(name, redis);
    const count = Math.round(packets * it.share);
    await measure(carrier, children, it, Math.ceil(count / 4));
    const results: Result[] = [];
    for (let round = 0; round < rounds; round++) results.push(await measure(carrier, children, it, count));
    await carrier.close();
    return median(results);
  } finally {
    for (const child of children) if (child.connected) child.send('end');
    await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
  }
}

const { redis, packets, rounds, receive: role, case: caseIndex, index } = options();
if (role !== undefined) {
  await receive(redis, role as CarrierName, cases[Number(caseIndex)] as Case, Number(index));
} else {
  const admin = createRedis({ urls: [redis], mode: 'single', name: 'bench', onError: console.error });
  for (const [i, it] of cases.entries()) {
    const results: Partial<Record<CarrierName, Result>> = {};
    for (const name of ['adapter', 'parley'] as const) {
      await admin.run(() => admin.commands.flushall());
      results[name] = await runCase(redis, name, i, Number(packets), Number(rounds));
    }
    console.log(table(it.name, results as Record<CarrierName, Result>));
  }
  await admin.run(() => admin.commands.flushall());
  await admin.close();
}
