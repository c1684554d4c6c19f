/** A cluster of real processes on real stores, for one test file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Program, type Stack, startStack } from '@parley/stack';
import { createTestMongo } from './mongo.ts';
import { newPhone } from './parley.ts';
import { Rest, type SignedIn } from './rest.ts';

export interface TestCluster extends AsyncDisposable {
  readonly stack: Stack;
  /** api's port, which forwards real time too. */
  readonly url: string;
  readonly rest: Rest;
  /** Where the n-th realtime program listens. */
  realtime(index: number): string;
  user(): Promise<SignedIn>;
  /** What stores and programs printed. */
  readonly lines: readonly string[];
}

/** Starts stores and programs of their own; `await using` ends them. */
export async function startCluster(env: Record<string, string> = {}): Promise<TestCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-cluster-'));
  const lines: string[] = [];
  const { PATH = '', HOME = '', XDG_CACHE_HOME = '' } = process.env;
  // A server of one's own is shared by all files: each has a database of its own there.
  const given = process.env.TEST_MONGO_URL && (await createTestMongo()).url;
  const stack = await startStack({
    dataDir,
    environment: {
      PATH,
      HOME,
      XDG_CACHE_HOME,
      PORT: '0',
      OTP_ECHO: 'true',
      OTP_HASH_COST: '4',
      LOG_LEVEL: 'warn',
      RATE_LIMIT_SCALE: '100000',
      ...(given && { MONGO_URL: given }),
      ...env,
    },
    log: (line) => lines.push(line),
  });
  const url = urlOf(stack.api[0]);
  const rest = new Rest(url);
  return {
    stack,
    url,
    rest,
    lines,
    realtime: (index) => urlOf(stack.realtime[index]),
    user: () => rest.signIn(newPhone()),
    async [Symbol.asyncDispose]() {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function urlOf(program: Program | undefined): string {
  if (!program?.url) throw new Error('the program does not listen');
  return program.url;
}

/** Waits until something holds; fails with `what` when it does not in time. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 20,
): Promise<void> {
  const until = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`${what}: not within ${seconds} s`);
    await pause(50);
  }
}
