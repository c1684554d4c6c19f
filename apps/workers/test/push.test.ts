/** The worker of pushes: on a real bus, with windows that end while it runs, and in the end. */
import type { AnyBusEvent, BusEvent } from '@parley/contract';
import { MemoryBus, Metrics } from '@parley/platform';
import { afterEach, expect, it, vi } from 'vitest';
import { PushWorld } from '../../../packages/core/test/support/fake-push.ts';
import { type PushPace, type PushWorker, startPushWorker } from '../src/push.ts';

const workers: PushWorker[] = [];
const buses: MemoryBus[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.drain()));
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
});

const quick = { openMs: 2, idleMs: 2 };

function setUp(pace: Partial<PushPace> = quick) {
  const world = new PushWorld();
  const metrics = new Metrics({ process: false });
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const deadLetters = { put: vi.fn(async () => undefined) };
  const bus = new MemoryBus({ log, metrics, deadLetters, backoffSeconds: [0, 0], outageSeconds: [0.005] });
  buses.push(bus);
  const start = () => {
    const worker = startPushWorker({ ...world.worker().core, bus, log }, metrics, pace);
    workers.push(worker);
    worker.start();
    return worker;
  };
  const [ann, ben] = [world.user('Ann'), world.user('Ben')];
  const chat = (type: 'direct' | 'group') => world.chat(type, [ann, ben]);
  const publish = (event: BusEvent) => bus.publish([event as AnyBusEvent]);
  const decided = async () => {
    const { values } = await metrics.pushDecisions.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.reason, value]));
  };
  return { world, bus, log, deadLetters, start, ann, ben, chat, publish, decided };
}

it('pushes what comes on the bus, and counts what it decided', async () => {
  const { world, start, ann, ben, chat, publish, decided } = setUp();
  await world.device(ben);
  start();
  const direct = chat('direct');
  await publish(world.message(direct, ann));
  await publish(world.message(direct, ben));
  world.online.add(ann);
  await publish(world.message(direct, ben));
  await publish(world.read(direct, ben));
  const delivered = world.read(direct, ben);
  await publish({ ...delivered, payload: { ...delivered.payload, status: 'delivered' } });
  const group = chat('group');
  const { chat_id } = group;
  const who = { chat_id, user_id: ben, added_by: ann, recipients: [], state_version: 1, user_version: 1 };
  await publish(world.event('group.member.added', who));
  expect(world.taken().map(({ type }) => type)).toEqual(['new_message', 'chat.read', 'group_added']);
  expect(await decided()).toEqual({ sent: 1, no_device: 1, connected: 1 });
});

it('pushes windows when they are over', async () => {
  const { world, start, ann, ben, chat, publish, decided } = setUp();
  await world.device(ben);
  start();
  const group = chat('group');
  await publish(world.message(group, ann));
  await publish(world.message(group, ann));
  world.now += 2_999;
  await vi.waitFor(() =>
    expect(world.calls.filter((call) => call === 'pushLedger.take').length).toBeGreaterThan(5),
  );
  expect(world.pushes).toEqual([]);
  world.now += 1;
  await vi.waitFor(() => expect(world.taken()).toMatchObject([{ message_count: '2' }]));
  await vi.waitFor(async () => expect(await decided()).toEqual({ gathering: 2, sent: 1, collapsed: 1 }));
});

it('takes all that is over before it waits, a few at a time', async () => {
  const { world, start, ann, ben, chat, publish } = setUp({
    openMs: 60_000,
    idleMs: 60_000,
    windows: 2,
    groups: 2,
  });
  const first = start();
  const groups = Array.from({ length: 7 }, () => chat('group'));
  await world.device(ben);
  for (const group of groups) await publish(world.message(group, ann));
  await first.drain();
  world.now += 3_000;
  start();
  await vi.waitFor(() => expect(world.pushes).toHaveLength(7));
});

it('several workers push everything once', async () => {
  const { world, start, ann, ben, chat, publish } = setUp();
  await world.device(ben);
  for (let n = 0; n < 3; n++) start();
  // Each of them gets every event here, as with a bus that delivers again and again.
  const events = [world.message(chat('direct'), ann), world.message(chat('group'), ann)];
  for (const event of events) await publish(event);
  world.now += 3_000;
  await vi.waitFor(() => expect(world.pushes).toHaveLength(2));
  await Promise.all(workers.map((worker) => worker.drain()));
  expect(world.ledger.windows).toEqual([]);
  expect(world.pushes.map(({ data }) => data.message_id)).toEqual(
    events.map((event) => event.payload.message.message_id),
  );
});

it('an event waits for the push service, and is pushed when it is back', async () => {
  const { world, start, ann, ben, chat, publish, deadLetters, log } = setUp();
  await world.device(ben);
  start();
  world.away.add('gateway');
  const published = publish(world.message(chat('direct'), ann));
  await vi.waitFor(() => expect(log.warn.mock.calls.length).toBeGreaterThan(3));
  world.away.clear();
  await published;
  expect(world.pushes).toHaveLength(1);
  expect(deadLetters.put).not.toHaveBeenCalled();
});

it('goes on when the ledger comes back, having complained once', async () => {
  const { world, start, ann, ben, chat, publish, log } = setUp();
  await world.device(ben);
  world.away.add('ledger');
  start();
  await vi.waitFor(() => expect(log.debug.mock.calls.length).toBeGreaterThan(3));
  expect(log.warn).toHaveBeenCalledTimes(1);
  world.away.clear();
  await publish(world.message(chat('group'), ann));
  world.now += 3_000;
  await vi.waitFor(() => expect(world.pushes).toHaveLength(1));
});

it.each(['direct', 'group'] as const)('ends when what it began is done (%s)', async (type) => {
  const { world, start, ann, ben, chat, publish } = setUp();
  await world.device(ben);
  const hold = Promise.withResolvers<void>();
  world.hold = hold.promise;
  const worker = start();
  const published = publish(world.message(chat(type), ann));
  if (type === 'group') await published.then(() => (world.now += 3_000));
  await vi.waitFor(() => expect(world.calls).toContain('pushes.send'));
  setTimeout(hold.resolve, 30);
  await worker.drain();
  expect(world.pushes).toHaveLength(1);
  expect(world.ledger.windows).toEqual([]);
  await published;
});

it('leaves what comes when it ends to others', async () => {
  const { world, bus, start, ann, ben, chat, publish } = setUp();
  await world.device(ben);
  await start().drain();
  const late = expect(publish(world.message(chat('direct'), ann))).rejects.toThrow('closed');
  await bus.stop();
  await late;
  expect(world.calls).not.toContain('presence.online');
});
