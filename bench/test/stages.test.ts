/** What the benchmark reads out of `GET /metrics`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Metrics } from '@parley/platform';
import { afterEach, describe, expect, it } from 'vitest';

import { addStages, noStages, readStages, stagesBetween, sumOf } from '../src/stack/stages.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A program with real metrics, or one whose metrics fail. */
async function program(status = 200) {
  const metrics = new Metrics({ process: false });
  const server = createServer(async (_req, res) => {
    res.writeHead(status).end(await metrics.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return { stages: metrics.stages, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('stages of all programs', () => {
  it('are summed up, and told per message between two readings', async () => {
    const [one, two] = [await program(), await program()];
    one.stages.validate.one(100);
    const before = await readStages([one, two, { url: null }]);
    one.stages.validate.one(0.01);
    two.stages.validate.one(0.03);
    two.stages.store.together(4, 8);
    const costs = stagesBetween(before, await readStages([one, two, { url: null }]));
    expect(costs.validate?.messages).toBe(2);
    expect(costs.validate?.perMessage).toBeCloseTo(20);
    expect(costs.store?.messages).toBe(8);
    expect(costs.store?.perMessage).toBeCloseTo(4000);
    expect(costs.store?.share).toBeCloseTo(500);
    expect(costs.write).toBeNull();
  });

  it('fail where a program does not tell them', async () => {
    const broken = await program(500);
    await expect(readStages([broken])).rejects.toThrow('GET /metrics answered 500');
  });

  it('ignore everything else in the text', () => {
    const stages = noStages();
    addStages(
      stages,
      [
        '# HELP parley_message_stage_seconds_total Time',
        'parley_message_stage_seconds_total{stage="store"} 1.5e-3',
        'parley_message_stage_messages_total{stage="store"} 3',
        'parley_message_stage_messages_total{stage="unheard_of"} 3',
        'other_seconds_total{stage="store"} 9',
      ].join('\n'),
    );
    expect(stages.store).toEqual({ seconds: 0.0015, shared: 0, messages: 3 });
    expect(Object.keys(stages)).not.toContain('unheard_of');
  });

  it('add up without publish, which runs beside consume', () => {
    const [before, after] = [noStages(), noStages()];
    for (const [stage, ms] of [
      ['store', 5],
      ['publish', 7],
      ['consume', 11],
    ] as const) {
      after[stage] = { seconds: ms / 1000, shared: ms / 1000, messages: 1 };
    }
    expect(sumOf(stagesBetween(before, after))).toBeCloseTo(16_000);
  });
});
