/** What Redis as a cluster and Redis with sentinels have in common: several servers that are one store. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram, versionOf } from '../local/programs.ts';
import { type ServerSpec, startLocal } from '../local/server.ts';
import { EngineNotAvailable, type RunningStore } from '../types.ts';

const settleMs = 60_000;
const pollMs = 50;

/** Several servers of Redis that are one store. */
export interface RedisGroup extends AsyncDisposable {
  /** All addresses, separated by commas, as in `env.REDIS_URL`. */
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly engine: string;
}

/** Starts servers, and ends those that were started when something fails. */
export async function build<T extends object>(
  engine: string,
  names: Record<string, string>,
  start: (
    add: (spec: ServerSpec) => Promise<RunningStore>,
  ) => Promise<{ entries: readonly RunningStore[]; more: T }>,
): Promise<RedisGroup & T> {
  const started: RunningStore[] = [];
  const dispose = async () => {
    await Promise.all(started.map((server) => server[Symbol.asyncDispose]()));
  };
  try {
    const { entries, more } = await start(async (spec) => {
      const server = await startLocal(spec, {});
      started.push(server);
      return server;
    });
    const url = entries.map((server) => server.url).join(',');
    return { ...more, engine, url, env: { REDIS_URL: url, ...names }, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

export async function findRedis(
  environment: NodeJS.ProcessEnv,
): Promise<{ program: string; engine: string }> {
  const program = findProgram('redis-server', environment);
  if (!program) {
    const help =
      "Install Debian's package redis-server, or call startRedis() first, which does so where it may.";
    throw new EngineNotAvailable('redis', `Several servers of Redis need redis-server on PATH. ${help}`);
  }
  return { program, engine: `redis-server ${await versionOf(program)}` };
}

/** Repeats a question until it is answered. */
export async function settle(question: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    try {
      await question();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(pollMs);
  }
}

export function portOf({ url }: RunningStore): number {
  return Number(new URL(url).port);
}
