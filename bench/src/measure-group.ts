import { type CpuSample, cpuBetween, sampleCpu } from './cpu.ts';
import { GeneratorProcess } from './generator-process.ts';
import { DRAIN_MS } from './measure-messages.ts';
import type { Options } from './options.ts';
import type { Phase } from './protocol.ts';
import type { GroupRow } from './rows.ts';
import type { Target } from './server.ts';

/** The groups to measure: with as many messages in flight as the yardstick had, unless told otherwise. */
export function groupRows({
  members,
  groupInFlight,
}: Pick<Options, 'members' | 'groupInFlight'>): { members: number; inFlight: number }[] {
  return members.map((count, index) => ({
    members: count,
    inFlight: groupInFlight?.[Math.min(index, groupInFlight.length - 1)] ?? (count < 128 ? 8 : 4),
  }));
}

export function nameOfGroup({ members, inFlight }: { members: number; inFlight: number }): string {
  return `${members} members, ${inFlight} in flight`;
}

/** One group over /ws, all members connected, with a fresh generator and fresh users. */
export async function measureGroup(
  target: Target,
  options: Pick<Options, 'warmup' | 'seconds'>,
  group: { members: number; inFlight: number },
): Promise<GroupRow> {
  const generator = new GeneratorProcess();
  const samples: Partial<Record<Phase, CpuSample>> = {};
  try {
    const job = {
      url: target.url,
      ...group,
      warmupMs: options.warmup * 1000,
      measureMs: options.seconds * 1000,
      drainMs: DRAIN_MS,
    };
    const result = await generator.call('group', job, (phase) => {
      samples[phase] = sampleCpu(target.pid, generator.pid);
    });
    const { measuring, measured } = samples;
    if (!measuring || !measured) throw new Error('the generator did not say when it measured');
    return {
      kind: 'group',
      name: nameOfGroup(group),
      ...group,
      ...result,
      acceptedPerSecond: result.accepted / result.seconds,
      deliveredPerSecond: result.delivered / result.seconds,
      cpu: cpuBetween(measuring, measured),
    };
  } finally {
    await generator.stop();
  }
}
