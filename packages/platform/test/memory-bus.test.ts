/** The bus of a single process. */
import { afterEach, describe, expect, it } from 'vitest';
import { type BusTiming, memoryBus, presenceEvent, type TestBus } from './support/bus.ts';
import { describeBus } from './support/bus-suite.ts';

const made: TestBus[] = [];
afterEach(async () => {
  for (const { bus } of made.splice(0)) await bus.close();
});
const make = (timing?: BusTiming) => {
  const bus = memoryBus(timing);
  made.push(bus);
  return bus;
};

describe('bus (in process)', () => {
  describeBus(make);

  it('resolves a publish only once the events are handled', async () => {
    const { bus, letters } = make({ backoffSeconds: [0.01, 0.01] });
    let tries = 0;
    bus.subscribe('a', 'presence.changed', () => {
      if (++tries < 3) throw new Error('not yet');
    });
    await bus.publish([presenceEvent()]);
    expect([tries, letters.kept.length]).toEqual([3, 0]);
  });

  it('rejects what it could not handle when it is stopped, so that the outbox keeps it', async () => {
    const { bus } = make({ backoffSeconds: [60] });
    const failing = new Promise<void>((resolve) => {
      bus.subscribe('a', 'presence.changed', () => {
        resolve();
        throw new Error('not now');
      });
    });
    const published = bus.publish([presenceEvent()]);
    await failing;
    await bus.stop();
    await expect(published).rejects.toThrow('closed');
  });

  it('takes nothing for its consumers once it is stopped, so that the outbox keeps it', async () => {
    const { bus } = make();
    const heard: string[] = [];
    bus.subscribe('a', 'presence.changed', ({ event_id }) => void heard.push(event_id));
    await bus.stop();
    await expect(bus.publish([presenceEvent()])).rejects.toThrow('not available');
    expect(heard).toEqual([]);
  });
});
