/** The stages of a message, as an operator sees them. */
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { MessageStages, Metrics, messageStages } from '../src/index.ts';

/** The value of a sample, by metric and stage. */
async function read(registry: Registry, metric: string, stage: string): Promise<number> {
  const name = `parley_message_stage_${metric}_total{stage="${stage}"} `;
  const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(name));
  return Number(line?.slice(name.length));
}

describe('stages of a message', () => {
  it('are all there from the start, at zero', async () => {
    const { registry } = new Metrics({ process: false });
    for (const stage of messageStages) {
      for (const metric of ['seconds', 'shared_seconds', 'messages']) {
        expect(await read(registry, metric, stage)).toBe(0);
      }
    }
  });

  it('sum up times and messages, and only grow between two readings', async () => {
    const registry = new Registry();
    const stages = new MessageStages(registry);
    stages.validate.one(2);
    stages.validate.one(4);
    expect(await read(registry, 'seconds', 'validate')).toBeCloseTo(0.006);
    expect(await read(registry, 'messages', 'validate')).toBe(2);
    stages.validate.one(1);
    expect(await read(registry, 'seconds', 'validate')).toBeCloseTo(0.007);
    expect(await read(registry, 'messages', 'validate')).toBe(3);
    expect(await read(registry, 'messages', 'write')).toBe(0);
  });

  it('tell what each message of a batch waited from what the batch took', async () => {
    const registry = new Registry();
    const stages = new MessageStages(registry);
    stages.store.together(10, 5);
    expect(await read(registry, 'seconds', 'store')).toBeCloseTo(0.05);
    expect(await read(registry, 'shared_seconds', 'store')).toBeCloseTo(0.01);
    expect(await read(registry, 'messages', 'store')).toBe(5);
    stages.queue.several(12, 3);
    expect(await read(registry, 'seconds', 'queue')).toBeCloseTo(0.012);
    expect(await read(registry, 'shared_seconds', 'queue')).toBeCloseTo(0.012);
  });
});
