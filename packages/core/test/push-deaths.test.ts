/** Whatever is repeated, and whenever a worker dies: each device gets each message at most once, and who is to get something does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pushMessage } from '../src/push/message.ts';
import { PushWorld } from './support/fake-push.ts';
import type { Fuse } from './support/fake-push-life.ts';
import { PushRun, type Step } from './support/fake-push-run.ts';

describe('a direct push', () => {
  /** Ben's two devices are pushed one message by a worker that dies; then the event comes again. */
  async function pushedTwice(fuse: Fuse) {
    const world = new PushWorld();
    const [ann, ben] = [world.user('Ann'), world.user('Ben')];
    const devices = [await world.device(ben, 'phone'), await world.device(ben, 'tablet')];
    const chat = world.chat('direct', [ann, ben]);
    const event = world.message(chat, ann);
    const { core, death } = world.worker(fuse);
    await Promise.race([pushMessage(core, event), death]);
    const first = world.calls.splice(0);
    world.now += 30_000;
    await pushMessage(world.core, event);
    const tokens = world.pushes.map(({ token }) => token).sort();
    const shown = await world.ledger.takeShown(ben, chat.chat_id);
    return { tokens, first: first.at(-1), why: world.why(event, ben), shown, devices };
  }

  it('is sent by the repeat where the worker died before the claim', async () => {
    const { tokens, first, why } = await pushedTwice({ calls: 6, effect: false });
    expect(first).toBe('privacy.relations');
    expect(tokens).toEqual(['phone', 'tablet']);
    expect(why).toBe('sent');
  });

  it('is not sent again where the worker died between claim and send', async () => {
    const { tokens, first } = await pushedTwice({ calls: 6, effect: true });
    expect(first).toBe('pushLedger.claim');
    expect(tokens).toEqual([]);
  });

  it('is not sent again where the worker died between the devices', async () => {
    const { tokens } = await pushedTwice({ calls: 7, effect: true });
    expect(tokens).toEqual(['phone']);
  });

  it.each([9, 10])('is noted by the repeat where the worker died after sending (call %i)', async (calls) => {
    const { tokens, why, shown, devices } = await pushedTwice({ calls, effect: false });
    expect(tokens).toEqual(['phone', 'tablet']);
    expect(why).toBe('sent');
    expect(shown.sort()).toEqual(devices.map(({ id }) => id).sort());
  });
});

const small = fc.nat({ max: 3 });
const fuse = fc.option(fc.record({ calls: fc.nat({ max: 16 }), effect: fc.boolean() }), { freq: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('say'), chat: small, by: small }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('handle', 'repeat'), which: fc.nat({ max: 20 }), fuse }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('flush'), limit: fc.integer({ min: 1, max: 4 }), fuse }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 500, 1_500, 3_000, 70_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('connect', 'disconnect', 'mute', 'unmute'),
      who: small,
      chat: small,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read'), who: small, chat: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gateway'), away: fc.boolean() }) },
) as fc.Arbitrary<Step>;

it('each device gets each message at most once, and everyone who was to be told is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const run = new PushRun();
      await run.begin();
      for (const each of steps) await run.do(each);
      await run.end();
      run.check();
    }),
    { numRuns: 100 },
  );
}, 60_000);
