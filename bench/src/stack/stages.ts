/** Reads the metrics `parley_message_stage_*` of the measured programs. */

import { type MessageStage, messageStages } from '@parley/platform';

/** Totals of one stage; times are in seconds. */
export interface StageTotals {
  seconds: number;
  /** The same, with what a batch took counted once. */
  shared: number;
  messages: number;
}

export type Stages = Record<MessageStage, StageTotals>;

/** What one message spent in a stage on average, in microseconds. */
export interface StageCost {
  messages: number;
  perMessage: number;
  /** Its share, where the work was done once for several messages. */
  share: number;
}

/** By stage; null for one that no message went through. */
export type StageCosts = Record<MessageStage, StageCost | null>;

const sample = /^parley_message_stage_(seconds|shared_seconds|messages)_total\{stage="([a-z_]+)"\} (\S+)$/gm;
const fields = { seconds: 'seconds', shared_seconds: 'shared', messages: 'messages' } as const;

export function noStages(): Stages {
  const none = () => ({ seconds: 0, shared: 0, messages: 0 });
  return Object.fromEntries(messageStages.map((name) => [name, none()])) as Stages;
}

/** Adds the totals of one program's `GET /metrics`. */
export function addStages(into: Stages, text: string): void {
  for (const [, metric, stage, value] of text.matchAll(sample)) {
    const totals = into[stage as MessageStage] as StageTotals | undefined;
    if (totals) totals[fields[metric as keyof typeof fields]] += Number(value);
  }
}

/** The totals of several programs together. Errors: one does not answer, or answers something else. */
export async function readStages(programs: readonly { url: string | null }[]): Promise<Stages> {
  const stages = noStages();
  await Promise.all(
    programs.map(async ({ url }) => {
      if (url === null) return;
      const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) });
      const text = await response.text();
      if (!response.ok) throw new Error(`GET /metrics answered ${response.status}: ${text.slice(0, 200)}`);
      addStages(stages, text);
    }),
  );
  return stages;
}

/** What happened between two readings, per message. */
export function stagesBetween(before: Stages, after: Stages): StageCosts {
  const cost = (name: MessageStage): StageCost | null => {
    const messages = after[name].messages - before[name].messages;
    if (messages === 0) return null;
    const each = (field: 'seconds' | 'shared') =>
      ((after[name][field] - before[name][field]) / messages) * 1e6;
    return { messages, perMessage: each('seconds'), share: each('shared') };
  };
  return Object.fromEntries(messageStages.map((name) => [name, cost(name)])) as StageCosts;
}

/**
 * What the stages of one message come to, in microseconds. `publish` is not in it: it runs while `consume` does, and what a
 * recipient waits for is the latter.
 */
export function sumOf(stages: StageCosts): number {
  return messageStages.reduce(
    (sum, name) => (name === 'publish' ? sum : sum + (stages[name]?.perMessage ?? 0)),
    0,
  );
}
