import { setTimeout as sleep } from 'node:timers/promises';

import type { GroupJob, GroupResult, Phase } from '../protocol.ts';
import { Connection } from './connection.ts';
import { Group } from './group.ts';
import { createGroup, mapLimit, newestSeq, signInMany } from './http-api.ts';
import { GRACE_MS, settle } from './messages-job.ts';
import { Meter } from './meter.ts';

/** Runs one row of a group: sign in, connect everybody, warm up, measure, drain, check. */
export async function runGroup(job: GroupJob, onPhase: (phase: Phase) => void): Promise<GroupResult> {
  const meter = new Meter();
  const connections: Connection[] = [];
  let group: Group | null = null;
  try {
    const accounts = await signInMany(job.url, job.members);
    const [first, ...others] = accounts;
    if (!first) throw new Error('a group has members');
    const ids = others.map(({ userId }) => userId);
    const chatId = await createGroup(job.url, first, ids);
    const members = await mapLimit(job.members, 8, async (index) => {
      const { userId, token } = accounts[index] ?? first;
      const connection = await Connection.open(job.url, 'ws', token);
      connections.push(connection);
      return { userId, connection };
    });
    const base = await newestSeq(job.url, first, chatId);
    group = new Group({ chatId, members, base, meter });
    group.start(job.inFlight);
    await sleep(job.warmupMs);
    onPhase('measuring');
    meter.begin(performance.now());
    await sleep(job.measureMs);
    meter.end(performance.now());
    onPhase('measured');
    group.stop();

    const drained = await settle(() => group?.inFlight === 0, job.drainMs);
    await sleep(drained ? GRACE_MS : 0);
    group.checkEmpty();
    return {
      seconds: meter.seconds,
      accepted: meter.accepted,
      delivered: meter.delivered,
      delivery: meter.delivery.summary(),
      acceptance: meter.acceptance.summary(),
      deliveredEachSecond: meter.deliveredEachSecond.slice(0, Math.floor(meter.seconds + 0.05)),
      violations: meter.violations,
      firstViolations: meter.firstViolations,
    };
  } finally {
    group?.stop();
    for (const connection of connections) connection.close();
  }
}
