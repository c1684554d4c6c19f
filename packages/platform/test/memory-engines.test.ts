/** The contract suites on the engines of a single process. */
import {
  MemoryFanOut,
  MemoryKeyValue,
  MemoryPresence,
  MemoryRateLimiter,
  MemorySignals,
} from '../src/index.ts';
import { fanOutContract } from './contract/fan-out.ts';
import type { Instances } from './contract/harness.ts';
import { keyValueContract } from './contract/key-value.ts';
import { presenceContract } from './contract/presence.ts';
import { ratesContract } from './contract/rates.ts';
import { signalsContract } from './contract/signals.ts';
import { quiet } from './support/redis.ts';

class TestClock {
  time = 1_700_000_000_000;
  now = () => this.time;
}

async function once<T>(make: (clock: TestClock) => T): Promise<Instances<T>> {
  const clock = new TestClock();
  const engine = make(clock);
  return {
    both: [engine, engine],
    pass: (ms) => {
      clock.time += ms;
    },
    close: async () => {},
  };
}

keyValueContract('in process', () => once((clock) => new MemoryKeyValue(clock)));
ratesContract('in process', (limits, scale) => once(() => new MemoryRateLimiter(limits, scale)));
presenceContract('in process', () => once((clock) => new MemoryPresence(clock)));
signalsContract('in process', () => once(() => new MemorySignals(quiet)));
fanOutContract('in process', async () => ({ instances: [new MemoryFanOut()], close: async () => {} }));
