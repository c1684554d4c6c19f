import { type CpuSample, cpuBetween, sampleCpu } from './cpu.ts';
import { GeneratorProcess } from './generator-process.ts';
import type { Transport } from './load/connection.ts';
import type { Options } from './options.ts';
import type { MessagesJob, Phase } from './protocol.ts';
import type { MessagesRow } from './rows.ts';
import type { Target } from './server.ts';

/** How long after the measured period everything must have arrived. */
export const DRAIN_MS = 15_000;

export type Load = MessagesJob['load'];

/** The message rows of one transport, each with a fresh generator, fresh users and fresh chats. */
export function messageRows(options: Options): { load: Load; receipts: boolean }[] {
  const closed = options.inFlight.map((inFlight): Load => ({ kind: 'closed', inFlight }));
  return [
    ...closed.map((load) => ({ load, receipts: false })),
    ...closed.map((load) => ({ load, receipts: true })),
    { load: { kind: 'open', rate: options.rate }, receipts: false },
  ];
}

/** What the generator is told. */
export function messagesJob(
  url: string,
  transport: Transport,
  options: Pick<Options, 'pairs' | 'warmup' | 'seconds'>,
  { load, receipts }: { load: Load; receipts: boolean },
): MessagesJob {
  return {
    url,
    transport,
    pairs: options.pairs,
    load,
    receipts,
    ordered: true,
    warmupMs: options.warmup * 1000,
    measureMs: options.seconds * 1000,
    drainMs: DRAIN_MS,
  };
}

export async function measureMessages(
  target: Target,
  transport: Transport,
  options: Pick<Options, 'pairs' | 'warmup' | 'seconds'>,
  { load, receipts }: { load: Load; receipts: boolean },
  onPhase: (phase: Phase) => void = () => {},
): Promise<MessagesRow> {
  const generator = new GeneratorProcess();
  const samples: Partial<Record<Phase, CpuSample>> = {};
  try {
    const job = messagesJob(target.url, transport, options, { load, receipts });
    const result = await generator.call('messages', job, (phase) => {
      samples[phase] = sampleCpu(target.pid, generator.pid);
      onPhase(phase);
    });
    const { measuring, measured } = samples;
    if (!measuring || !measured) throw new Error('the generator did not say when it measured');
    return {
      kind: 'messages',
      name: nameOf(transport, load, receipts),
      transport,
      pairs: options.pairs,
      inFlight: load.kind === 'closed' ? load.inFlight : null,
      rate: load.kind === 'open' ? load.rate : null,
      receipts,
      ...result,
      acceptedPerSecond: result.accepted / result.seconds,
      deliveredPerSecond: result.delivered / result.seconds,
      cpu: cpuBetween(measuring, measured),
    };
  } finally {
    await generator.stop();
  }
}

export function nameOf(transport: Transport, load: Load, receipts: boolean): string {
  const how = load.kind === 'closed' ? `${load.inFlight} in flight` : `fixed ${load.rate}/s`;
  return `${transport === 'ws' ? '/ws' : 'Socket.IO'}, ${how}${receipts ? ', with receipts' : ''}`;
}
