import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, type Stack, startStack } from '@parley/stack';

import { isStopping, type Running, track, untrack } from '../children.ts';
import type { Case } from '../options.ts';
import { benchSettings, inherited, OwnServer } from '../server.ts';
import type { CpuGroup } from './cpu-groups.ts';

/** Something that serves messages, in one process or in many. */
export interface Site {
  /** REST. */
  url: string;
  /** Where connections go. */
  sockets: string[];
  /** Whether messages must reach a recipient in their order. */
  ordered: boolean;
  /** Programs that have metrics. */
  programs: { url: string | null }[];
  groups: CpuGroup[];
  /** What stands behind it, by store. */
  engines: Record<string, string>;
  /** The last lines that it wrote. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * Limits are counted but never reached: asking Redis for each frame is part of what a cluster does. Without a limit at all
 * nobody would be asked.
 */
const settings = { ...benchSettings, RATE_LIMIT_SCALE: '100000' };

/** What engines need to be found, or to be fetched and built the first time; nothing that says where a store is. */
const kept =
  /^(PATH|HOME|USER|TMPDIR|LANG|LC_ALL|TZ|XDG_.+|JAVA_.+|MAVEN_.+|GO[A-Z]+|DOCKER_.+|npm_config_.+|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY)$/;

/** Whether an engine only stands in for the real one (`engine` of a store of @parley/stack). */
export function standsIn(engine: string): boolean {
  return engine.includes('stands in');
}

/** What a case is called in a table. */
export function titleOf(one: Case): string {
  if (one === 'embedded') return one;
  return `${one[0]} realtime${one.endsWith('-postgresql') ? ', PostgreSQL' : ''}`;
}

export async function startSite(root: string, entry: string, one: Case): Promise<Site> {
  return one === 'embedded' ? startEmbedded(root, entry) : startCluster(one);
}

async function startEmbedded(root: string, entry: string): Promise<Site> {
  const server = await OwnServer.start(root, entry, settings);
  const pids = server.pid === null ? [] : [server.pid];
  return {
    url: server.url,
    sockets: [server.url],
    ordered: true,
    programs: [server],
    groups: [
      { title: 'standalone', pids, of: 'own' },
      { title: 'postgresql', pids, of: 'below' },
    ],
    engines: { postgresql: 'PostgreSQL of the npm package, a child process' },
    log: () => server.log(),
    stop: () => server.stop(),
  };
}

async function startCluster(one: Exclude<Case, 'embedded'>): Promise<Site> {
  const cluster = new OwnCluster();
  const stack = await cluster.start({
    realtime: Number(one[0]),
    without: one.endsWith('-postgresql') ? ['mongodb', 's3'] : ['s3'],
  });
  const urls = (programs: readonly Program[]) => programs.flatMap(({ url }) => (url === null ? [] : [url]));
  const group = (title: string, members: readonly { pid: number | null }[]): CpuGroup => {
    return { title, pids: members.flatMap(({ pid }) => (pid === null ? [] : [pid])), of: 'all' };
  };
  const stores = Object.values(stack.stores);
  return {
    url: urls(stack.api)[0] ?? '',
    sockets: urls(stack.realtime),
    ordered: false,
    programs: [...stack.api, ...stack.realtime, ...stack.workers],
    groups: [
      group('realtime', stack.realtime),
      group('api', stack.api),
      group('workers', stack.workers),
      ...stores.map((store) => group(store.name, [store])),
    ],
    engines: Object.fromEntries(stores.map(({ name, engine }) => [name, engine])),
    log: () => cluster.log(),
    stop: () => cluster.stop(),
  };
}

/** Lines of programs that are kept, for the case that something goes wrong. */
const keptLines = 20;

/** A cluster with a data directory of its own, which is deleted in the end. */
class OwnCluster implements Running {
  readonly #folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  #starting: Promise<Stack> | undefined;
  #lines: string[] = [];
  #ending: Promise<void> | undefined;

  constructor() {
    // PostgreSQL refuses to run as root and is started as another user, who must be able to enter.
    chmodSync(this.#folder, 0o755);
    track(this);
  }

  async start(options: { realtime: number; without: readonly ('mongodb' | 's3')[] }): Promise<Stack> {
    this.#starting = startStack({
      ...options,
      workers: 1,
      environment: { ...inherited(kept), ...settings, HOST: '127.0.0.1', PORT: '0' },
      dataDir: this.#folder,
      log: (line) => this.#note(line),
    });
    try {
      const stack = await this.#starting;
      const { missing } = stack;
      if (missing.mongodb && !options.without.includes('mongodb')) throw new Error(missing.mongodb);
      if (isStopping()) throw new Error('interrupted');
      return stack;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** What programs said last. */
  log(): string {
    return this.#lines.join('\n');
  }

  #note(line: string): void {
    // A program's line begins with its name. Overloaded, it has thousands of them.
    if (line.startsWith('[')) this.#lines = [...this.#lines.slice(1 - keptLines), line.slice(0, 500)];
    else console.error(line);
  }

  /** Ends all, the programs first. One that is still starting is waited for. */
  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const stack = await this.#starting?.catch(() => undefined);
    await stack?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    untrack(this);
  }
}
