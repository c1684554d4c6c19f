import { GeneratorProcess } from '../generator-process.ts';
import type { Summary } from '../histogram.ts';
import type { Transport } from '../load/connection.ts';
import { type Load, messagesJob, nameOf } from '../measure-messages.ts';
import { restPath } from '../measure-rest.ts';
import type { Options } from '../options.ts';
import type { MessagesResult, Phase, RestJob, RestResult } from '../protocol.ts';
import { type CpuCores, coresBetween, type GroupSample, sampleGroups } from './cpu-groups.ts';
import { type Site, standsIn } from './site.ts';
import { readStages, type StageCosts, type Stages, stagesBetween } from './stages.ts';

/** One load on one case. */
export interface StackRow {
  name: string;
  transport: Transport;
  load: Load;
  deliveredPerSecond: number;
  delivered: number;
  /** Delivered to another realtime program than the one that took them. */
  crossed: number;
  /** Came after a later one of their chat. */
  overtaken: number;
  delivery: Summary;
  acceptance: Summary;
  lag: Summary | null;
  cores: CpuCores;
  stages: StageCosts;
  violations: number;
  firstViolations: string[];
}

export interface StackRest {
  perSecond: number;
  latency: Summary;
  cores: CpuCores;
  violations: number;
  firstViolations: string[];
}

/** Messages per second that a stand-in for MongoDB carries: above that, a schedule only makes it refuse. */
const standInRate = 200;

/** The loads of one transport. */
export function stackLoads(
  options: Pick<Options, 'inFlight' | 'rate'>,
  { engines }: Pick<Site, 'engines'>,
): Load[] {
  const rate = Object.values(engines).some(standsIn) ? Math.min(options.rate, standInRate) : options.rate;
  return [
    ...options.inFlight.map((inFlight): Load => ({ kind: 'closed', inFlight })),
    { kind: 'open', rate },
  ];
}

/** Messages between pairs, of whom each has one end at another realtime program where there are several. */
export async function measureRow(
  site: Site,
  transport: Transport,
  load: Load,
  options: Options,
): Promise<StackRow> {
  const job = {
    ...messagesJob(site.url, transport, options, { load, receipts: false }),
    sockets: site.sockets,
    ordered: site.ordered,
  };
  const { result, cores, stages } = await watched<MessagesResult>(site, (generator, onPhase) =>
    generator.call('messages', job, onPhase),
  );
  const { delivered, crossed, overtaken, delivery, acceptance, lag, violations, firstViolations, seconds } =
    result;
  return {
    name: nameOf(transport, load, false),
    transport,
    load,
    deliveredPerSecond: delivered / seconds,
    ...{
      delivered,
      crossed,
      overtaken,
      delivery,
      acceptance,
      lag,
      cores,
      stages,
      violations,
      firstViolations,
    },
  };
}

/** `GET /users/me` through api. */
export async function measureRestOf(site: Site, options: Options): Promise<StackRest> {
  const { result, cores } = await watched<RestResult>(site, async (generator, onPhase) => {
    const { token } = await generator.call('restSubject', { url: site.url, path: restPath });
    const job: RestJob = {
      url: site.url,
      path: restPath,
      token,
      connections: options.restConnections,
      warmupMs: options.warmup * 1000,
      measureMs: options.seconds * 1000,
    };
    return generator.call('rest', job, onPhase);
  });
  const { requests, seconds, latency, violations, firstViolations } = result;
  return { perSecond: requests / seconds, latency, cores, violations, firstViolations };
}

/** Runs a job with a generator of its own and tells what CPU and stages came to in its measured period. */
async function watched<R>(
  site: Site,
  run: (generator: GeneratorProcess, onPhase: (phase: Phase) => void) => Promise<R>,
): Promise<{ result: R; cores: CpuCores; stages: StageCosts }> {
  const generator = new GeneratorProcess();
  const groups = [...site.groups, { title: 'generator', pids: [generator.pid], of: 'own' } as const];
  const samples: Partial<Record<Phase, GroupSample>> = {};
  const readings: Partial<Record<Phase, Promise<Stages>>> = {};
  try {
    const result = await run(generator, (phase) => {
      samples[phase] = sampleGroups(groups);
      const reading = readStages(site.programs);
      // It is awaited when the job is done; until then nobody else handles its failure.
      reading.catch(() => undefined);
      readings[phase] = reading;
    });
    const { measuring, measured } = samples;
    if (!measuring || !measured || !readings.measuring || !readings.measured)
      throw new Error('the generator did not say when it measured');
    const stages = stagesBetween(await readings.measuring, await readings.measured);
    return { result, cores: coresBetween(measuring, measured), stages };
  } finally {
    await generator.stop();
  }
}
