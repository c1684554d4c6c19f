import { isStopping } from '../children.ts';
import { Histogram, type Summary } from '../histogram.ts';
import { ms, whole } from '../stats.ts';
import type { Landmarks } from './fill.ts';
import { openMongo } from './mongo.ts';
import { leastUsers, type ScaleOptions, type ScaleStore, smallMessages } from './options.ts';
import { people, syncers } from './plan.ts';
import { contactCases, requestCases, type ScaleCase, sendCase } from './requests.ts';
import { searchCases } from './searches.ts';
import { ScaleSite } from './site.ts';
import { makeVocabulary } from './texts.ts';
import { runTimed } from './timed.ts';

/** One of the two servers in a line. */
export interface ScaleSide {
  latency: Summary;
  /** What one answer found; null where that says nothing. */
  found: number | null;
}

export interface ScaleLine {
  group: ScaleCase['group'];
  name: string;
  concurrency: number;
  /** Of the 95th percentile in milliseconds, one request at a time; null at more. */
  aimMs: number | null;
  small: ScaleSide;
  large: ScaleSide;
}

export type Filled = Pick<Landmarks, 'messages' | 'users' | 'seconds'>;

/** What was measured with messages in one store. */
export interface ScaleTable {
  store: ScaleStore;
  /** What keeps the messages. */
  engine: string;
  /** It only stands in for MongoDB. */
  standIn: boolean;
  small: Filled;
  large: Filled;
  lines: ScaleLine[];
}

export interface ScaleOutcome {
  tables: ScaleTable[];
  problems: string[];
}

/** Turns in which the two servers are measured, so that what the machine does meanwhile falls on both. */
const rounds = 3;
/** Of each connection in each turn: it is opened with the first. */
const warmup = 1;
/** Milliseconds that the stand-in may take: it looks at every message. */
const standInTimeoutMs = 30_000;

/** Fills two servers for each store and puts the same requests to both. */
export async function runScale(root: string, options: ScaleOptions): Promise<ScaleOutcome> {
  const outcome: ScaleOutcome = { tables: [], problems: [] };
  for (const store of options.stores) {
    try {
      await runStore(root, options, store, outcome);
    } catch (error) {
      if (isStopping()) return outcome;
      const message = error instanceof Error ? error.message : String(error);
      // Results are published; where the project lies on this machine is nobody's business, nor what a program said at its end.
      const [reason = ''] = message.split('\n', 1);
      outcome.problems.push(`${store}: ${reason.replaceAll(root, '')}`);
      progress(`${store} failed: ${message}`);
    }
  }
  return outcome;
}

async function runStore(
  root: string,
  options: ScaleOptions,
  store: ScaleStore,
  { tables, problems }: ScaleOutcome,
): Promise<void> {
  const closing = new AsyncDisposableStack();
  try {
    const mongo = store === 'mongodb' ? await openMongo(options) : null;
    if (mongo) closing.defer(() => mongo.stop());
    const messages = mongo?.standIn ? Math.min(options.messages, options.standInMessages) : options.messages;
    const users = mongo ? leastUsers : options.users;
    const engine = mongo?.engine ?? 'PostgreSQL of the npm package, a child process';
    const start = async (count: number, people: number): Promise<ScaleSite> => {
      progress(`${store}: storing ${whole(count)} messages, ${whole(people)} users …`);
      const job = { messages: count, users: people, mongoUrl: mongo?.database() ?? null };
      const settings = mongo?.standIn ? { STORE_TIMEOUT_MS: String(standInTimeoutMs) } : {};
      const site = await ScaleSite.start(root, options.server, job, settings, ({ seconds }) => {
        progress(`  ${seconds.toFixed(1)} s, ${whole(count / seconds)} messages/s`);
      });
      closing.defer(() => site.stop());
      return site;
    };
    const sites = { small: await start(smallMessages, leastUsers), large: await start(messages, users) };
    const table: ScaleTable = {
      ...{ store, engine, standIn: mongo?.standIn ?? false, lines: [] },
      ...{ small: filled(sites.small), large: filled(sites.large) },
    };
    tables.push(table);
    const searches = searchCases(makeVocabulary());
    const cases = mongo ? searches : [...requestCases, ...searches, ...contactCases(), sendCase];
    // How long queues before a stand-in are, and how its times vary, tells nothing.
    const load = mongo?.standIn
      ? { concurrency: [1], rounds: 1, forMs: 0 }
      : { concurrency: options.concurrency, rounds, forMs: (options.seconds * 1000) / rounds };
    await measureAll(
      cases,
      sites,
      load,
      (line) => table.lines.push(line),
      (problem) => problems.push(`${store}, ${problem}`),
    );
  } finally {
    await closing.disposeAsync();
  }
}

type Sites = Record<'small' | 'large', ScaleSite>;

interface Load {
  concurrency: readonly number[];
  rounds: number;
  /** Milliseconds of a round on one server. */
  forMs: number;
}

async function measureAll(
  cases: readonly ScaleCase[],
  sites: Sites,
  load: Load,
  onLine: (line: ScaleLine) => void,
  onProblem: (problem: string) => void,
): Promise<void> {
  const all = Object.values(sites);
  const asked = Array.from({ length: syncers }, (_, n) => people.syncer(n));
  for (const concurrency of load.concurrency) {
    progress(`${concurrency} at a time`);
    for (const site of all) await site.prepare();
    for (const one of cases) {
      if (isStopping()) throw new Error('interrupted');
      // Few people look for things all day; those who sync are many, and sign in as late as their tokens allow.
      if (one.group === 'contacts' && one === cases.find(({ group }) => group === 'contacts'))
        for (const site of all) await site.signIn(asked);
      const line = await measureCase(one, sites, concurrency, load, (problem) => {
        onProblem(`${one.name}: ${problem}`);
      });
      onLine(line);
      const { small, large } = line;
      progress(
        `  ${one.name}: p95 ${ms(small.latency.p95)} and ${ms(large.latency.p95)} ms (${large.latency.count} requests)`,
      );
    }
  }
}

async function measureCase(
  one: ScaleCase,
  sites: Sites,
  concurrency: number,
  { rounds, forMs }: Load,
  onProblem: (problem: string) => void,
): Promise<ScaleLine> {
  const side = async (name: keyof Sites) => {
    const histogram = new Histogram();
    const site = sites[name];
    const ask = one.ask(site);
    let found: number | null = null;
    if (ask) {
      try {
        const answer = one.check((await site.call(ask)) as never, site);
        found = answer.found;
        if (answer.wrong !== null) onProblem(`${name}: ${answer.wrong}`);
      } catch (error) {
        onProblem(`${name}: ${error instanceof Error ? error.message.split(':', 1)[0] : error}`);
      }
    }
    return { site, histogram, found };
  };
  const sides = { small: await side('small'), large: await side('large') };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { site, histogram }] of Object.entries(sides)) {
      const next = (): Buffer | null => {
        const ask = one.ask(site);
        return ask ? site.bytes(ask) : null;
      };
      const found = await runTimed({ url: site.url, next, concurrency, forMs, latency: histogram, warmup });
      for (const problem of found) onProblem(`${name}: ${problem}`);
    }
  }
  const result = ({ histogram, found }: (typeof sides)['small']): ScaleSide => ({
    latency: histogram.summary(),
    found,
  });
  return {
    ...{ group: one.group, name: one.name, concurrency, aimMs: concurrency === 1 ? one.aimMs : null },
    ...{ small: result(sides.small), large: result(sides.large) },
  };
}

function filled({ landmarks: { messages, users, seconds } }: ScaleSite): Filled {
  return { messages, users, seconds };
}

/** Progress goes to stderr, so that stdout holds the report alone. */
function progress(line: string): void {
  console.error(line);
}
