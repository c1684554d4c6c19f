import { limits } from '@parley/contract';
import { pushMessage, pushWindows, takePushWindows } from '@parley/core';

import { ownUse, sampleFamily } from './family.ts';
import type { PushCase, PushJob, PushResult } from './protocol.ts';
import { groupReaders, PushWorld } from './push-world.ts';

/** Events that are handled at the same time: as many as the bus of a cluster hands to one program. */
const atWork = 256;
/** Messages of each group within one window. */
const perWindow = 5;
/** Windows that are taken together, and how many of these are at work at a time, as a worker does it. */
const taken = { windows: 50, groups: 4 };

/** What a stretch of work came to. */
interface Done {
  messages: number;
  eventMs: number;
  windowMs: number;
}

/** Handles events of the bus as one worker does, on stores of its own: three cases, one after the other. */
export async function runPushes(job: PushJob): Promise<PushResult[]> {
  const world = await PushWorld.open(job);
  try {
    const disconnectAll = await world.connectAll();
    const online = await measure(world, 'online', job, (ms) => direct(world, ms));
    await disconnectAll();
    const offline = await measure(world, 'direct', job, (ms) => direct(world, ms));
    return [online, offline, await measure(world, 'groups', job, (ms) => inGroups(world, ms))];
  } finally {
    await world.close();
  }
}

async function measure(
  world: PushWorld,
  name: PushCase,
  { warmupMs, forMs }: PushJob,
  work: (forMs: number) => Promise<Done>,
): Promise<PushResult> {
  await work(warmupMs);
  world.counted();
  const before = sampleFamily(process.pid);
  const { messages, eventMs, windowMs } = await work(forMs);
  const cpu = ownUse(before);
  const { pushes, reasons } = world.counted();
  const decisions = messages * (name === 'groups' ? groupReaders : 1);
  return {
    ...{ case: name, seconds: (eventMs + windowMs) / 1000, messages, decisions, pushes, reasons, cpu },
    parts: { events: eventMs / 1000, windows: windowMs / 1000 },
    violations: violationsOf(name, decisions, pushes, reasons),
  };
}

/** Every decision must have been the one that the case is about. */
export function violationsOf(
  name: PushCase,
  decisions: number,
  pushes: number,
  reasons: Readonly<Record<string, number>>,
): string[] {
  const windows = decisions / perWindow;
  const should: Record<PushCase, { reasons: Record<string, number>; pushes: number }> = {
    online: { reasons: { connected: decisions }, pushes: 0 },
    direct: { reasons: { sent: decisions }, pushes: decisions },
    groups: {
      reasons: { gathering: decisions, sent: windows, collapsed: decisions - windows },
      pushes: windows,
    },
  };
  const expected = should[name];
  const problems = Object.keys({ ...reasons, ...expected.reasons })
    .filter((reason) => reasons[reason] !== expected.reasons[reason])
    .map((reason) => `${reasons[reason] ?? 0} × ${reason} instead of ${expected.reasons[reason] ?? 0}`);
  if (pushes !== expected.pushes) problems.push(`${pushes} pushes instead of ${expected.pushes}`);
  return problems;
}

/** Runs `next` over and over, `lanes` at a time, until it has no more to do. */
async function inLanes(lanes: number, next: () => Promise<void> | null): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let work = next(); work; work = next()) await work;
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function direct(world: PushWorld, forMs: number): Promise<Done> {
  const from = performance.now();
  let messages = 0;
  await inLanes(atWork, () => {
    if (performance.now() - from >= forMs) return null;
    const place = world.direct[messages % world.direct.length];
    messages += 1;
    return place ? pushMessage(world.core, world.event(place)) : null;
  });
  return { messages, eventMs: performance.now() - from, windowMs: 0 };
}

/** Rounds: some messages in each group, then their windows. Storing the messages is the senders' work and not counted. */
async function inGroups(world: PushWorld, forMs: number): Promise<Done> {
  const done = { messages: 0, eventMs: 0, windowMs: 0 };
  while (done.eventMs + done.windowMs < forMs) {
    const stored = await world.store(world.groups, perWindow);
    const from = performance.now();
    let begun = 0;
    await inLanes(atWork, () => {
      const one = stored[begun];
      begun += 1;
      return one ? pushMessage(world.core, world.event(one.place, one.id, one.seq)) : null;
    });
    const gathered = performance.now();
    world.ahead += limits.pushWindowSeconds * 1000;
    await flush(world);
    done.messages += stored.length;
    done.eventMs += gathered - from;
    done.windowMs += performance.now() - gathered;
  }
  return done;
}

/** All windows that are over. */
async function flush({ core }: PushWorld): Promise<void> {
  const busy = new Set<Promise<void>>();
  for (;;) {
    const windows = await takePushWindows(core, taken.windows);
    if (windows.length > 0) {
      const work: Promise<void> = pushWindows(core, windows).finally(() => busy.delete(work));
      busy.add(work);
    }
    if (windows.length < taken.windows) break;
    if (busy.size >= taken.groups) await Promise.race(busy);
  }
  await Promise.all(busy);
}
