import { once } from 'node:events';

import type { BareRoute } from './bare-express.ts';
import { endChild, forkScript, type Running, track, untrack } from './children.ts';
import { type CpuSample, type CpuUse, cpuBetween, sampleCpu } from './cpu.ts';
import { GeneratorProcess } from './generator-process.ts';
import type { Options } from './options.ts';
import type { Phase, RestJob } from './protocol.ts';
import type { RestRow, RestSide } from './rows.ts';
import type { Target } from './server.ts';
import { median } from './stats.ts';

/** The measured route: signed in, one record. */
export const restPath = '/api/v1/users/me';
const ROUNDS = 4;

/** Parley's answer to a signed-in GET against bare Express answering with the same bytes, in turns. */
export async function measureRest(
  target: Target,
  options: Options,
): Promise<{ row: RestRow; problems: string[] }> {
  const generator = new GeneratorProcess();
  let bare: BareExpress | null = null;
  try {
    const subject = await generator.call('restSubject', { url: target.url, path: restPath });
    bare = await BareExpress.start({ path: restPath, body: subject.body });
    const problems: string[] = [];
    const sides = { parley: [] as RestSide['rounds'], express: [] as RestSide['rounds'] };
    const measure = async (side: keyof typeof sides, to: Target, warmupMs: number, measureMs: number) => {
      const { connections, token } = { connections: options.restConnections, token: subject.token };
      const job: RestJob = { url: to.url, path: restPath, token, connections, warmupMs, measureMs };
      const samples: Partial<Record<Phase, CpuSample>> = {};
      const result = await generator.call('rest', job, (phase) => {
        samples[phase] = sampleCpu(to.pid, generator.pid);
      });
      const { violations, firstViolations, ...round } = result;
      if (violations > 0)
        problems.push(`REST, ${side}: ${violations} × such as ${firstViolations.join('; ')}`);
      if (!samples.measuring || !samples.measured)
        throw new Error('the generator did not say when it measured');
      const cpu = cpuBetween(samples.measuring, samples.measured);
      return { ...round, perSecond: round.requests / round.seconds, cpu };
    };

    const seconds = options.seconds * 0.4 * 1000;
    for (const [side, to] of [
      ['parley', target],
      ['express', bare],
    ] as const) {
      await measure(side, to, options.warmup * 1000, 100);
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      sides.parley.push(await measure('parley', target, 300, seconds));
      sides.express.push(await measure('express', bare, 300, seconds));
    }
    return {
      row: {
        kind: 'rest',
        name: `GET ${restPath}, ${options.restConnections} connections`,
        connections: options.restConnections,
        parley: sideOf(sides.parley),
        express: sideOf(sides.express),
        ratio: median(
          sides.parley.map((round, index) => round.perSecond / (sides.express[index]?.perSecond || 1)),
        ),
      },
      problems,
    };
  } finally {
    await generator.stop();
    await bare?.stop();
  }
}

function sideOf(rounds: RestSide['rounds']): RestSide {
  const used = rounds.map(({ cpu }) => serverSeconds(cpu));
  const requests = rounds.reduce((sum, round) => sum + round.requests, 0);
  const seconds = used.reduce<number | null>(
    (sum, one) => (sum === null || one === null ? null : sum + one),
    0,
  );
  return {
    perSecond: median(rounds.map((round) => round.perSecond)),
    p50: median(rounds.map((round) => round.latency.p50)),
    p99: median(rounds.map((round) => round.latency.p99)),
    cpuMicroseconds: seconds === null || requests === 0 ? null : (seconds * 1e6) / requests,
    rounds,
  };
}

function serverSeconds(cpu: CpuUse): number | null {
  return cpu.server === null ? null : cpu.server + (cpu.postgres ?? 0);
}

/** The comparison server's process. */
class BareExpress implements Target, Running {
  readonly #child = forkScript('./bare-express.ts');
  url = '';

  static async start(route: BareRoute): Promise<BareExpress> {
    const server = new BareExpress();
    track(server);
    server.#child.send(route);
    const [answer] = (await Promise.race([
      once(server.#child, 'message'),
      once(server.#child, 'exit').then(() => Promise.reject(new Error('bare Express did not start'))),
    ])) as [{ port: number }];
    server.url = `http://127.0.0.1:${answer.port}`;
    return server;
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  async stop(): Promise<void> {
    await endChild(this.#child, 2000);
    untrack(this);
  }
}
