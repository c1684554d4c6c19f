import { setTimeout as sleep } from 'node:timers/promises';

import { GeneratorProcess } from './generator-process.ts';
import type { Transport } from './load/connection.ts';
import type { Options } from './options.ts';
import { readOpenFiles, readRssKb } from './procfs.ts';
import type { IdleRow } from './rows.ts';
import { OwnServer, type Target } from './server.ts';
import { isSettled } from './stats.ts';

/** Files that the server has open anyway, generously. */
const SPARE_FILES = 200;
const SAMPLE_MS = 1000;
const SAMPLES = 5;
const SETTLE_WITHIN_MS = 60_000;

/** Memory per idle connection: resident memory before, with half of the connections, and with all of them. */
export async function measureIdle(
  target: Target,
  transport: Transport,
  options: Options,
): Promise<{ row: IdleRow; problems: string[] }> {
  const generator = new GeneratorProcess();
  const count = options.connections;
  try {
    checkFiles(target, count);
    const { seconds: signInSeconds } = await generator.call('idleSignIn', { url: target.url, count });
    // Thousands of sign-ins leave a heap with room in it, in which connections would seem to cost nothing.
    if (target instanceof OwnServer) await target.restart();
    const { pid } = target;
    const half = Math.floor(count / 2);
    const before = await settledRss(pid);
    const first = await generator.call('idleConnect', { url: target.url, transport, count: half });
    const middle = await settledRss(pid);
    const second = await generator.call('idleConnect', { url: target.url, transport, count: count - half });
    const after = await settledRss(pid);
    const state = await generator.call('idleState', {});

    const problems: string[] = [];
    if (state.open !== count) {
      problems.push(
        `idle ${transport}: only ${state.open} of ${count} connections stayed open: ${state.lost.join('; ')}`,
      );
    }
    const known = before && middle && after;
    return {
      row: {
        kind: 'idle',
        name: `${transport === 'ws' ? '/ws' : 'Socket.IO'}, ${count} idle connections`,
        transport,
        connections: count,
        signInsPerSecond: count / signInSeconds,
        connectsPerSecond: count / (first.seconds + second.seconds),
        rssKb: known ? { before: before.kb, half: middle.kb, after: after.kb } : null,
        kbPerConnection: known ? (after.kb - before.kb) / count : null,
        kbPerConnectionSecondHalf: known ? (after.kb - middle.kb) / (count - half) : null,
        settled: Boolean(known && before.settled && middle.settled && after.settled),
        note: known ? null : 'resident memory is not known: no /proc here, or no --server-pid given',
      },
      problems,
    };
  } finally {
    await generator.stop();
  }
}

function checkFiles(target: Target, count: number): void {
  const limit = target.pid === null ? null : readOpenFiles(target.pid);
  if (limit !== null && limit < count + SPARE_FILES) {
    throw new Error(
      `the server may open ${limit} files, too few for ${count} connections: ` +
        `raise the limit (ulimit -n ${count + SPARE_FILES}) or give --connections ${limit - SPARE_FILES}`,
    );
  }
}

/** Waits until memory has come to rest (within 0.5 % or 1 MB for five seconds) and returns the last sample. */
async function settledRss(pid: number | null): Promise<{ kb: number; settled: boolean } | null> {
  const samples: number[] = [];
  const until = performance.now() + SETTLE_WITHIN_MS;
  for (;;) {
    const kb = pid === null ? null : readRssKb(pid);
    if (kb === null) return null;
    samples.push(kb);
    const settled = isSettled(samples, SAMPLES, 0.005, 1024);
    if (settled || performance.now() > until) return { kb, settled };
    await sleep(SAMPLE_MS);
  }
}
