import { setTimeout as sleep } from 'node:timers/promises';

import type { MessagesJob, MessagesResult, Phase } from '../protocol.ts';
import { Connection } from './connection.ts';
import { closedLoop, type Driver, openLoop } from './drivers.ts';
import { mapLimit, openDirectChat, signInMany } from './http-api.ts';
import { Meter } from './meter.ts';
import { Pair } from './pair.ts';
import { Receipts } from './receipts.ts';

/** Long enough for a message that the server delivers twice to show itself. */
export const GRACE_MS = 300;

/** Runs one row of messages: sign in, connect, warm up, measure, drain, check. */
export async function runMessages(
  job: MessagesJob,
  onPhase: (phase: Phase) => void,
): Promise<MessagesResult> {
  const meter = new Meter();
  const pairs: Pair[] = [];
  const receipts: Receipts[] = [];
  const connections: Connection[] = [];
  const sockets = job.sockets ?? [job.url];
  const open = async (token: string, place: number): Promise<Connection> => {
    const base = sockets[place % sockets.length] ?? job.url;
    const connection = await Connection.open(base, job.transport, token);
    connections.push(connection);
    return connection;
  };
  // Pairs exist before their driver, so they reach it through this variable.
  let driver: Driver | null = null;

  try {
    const accounts = await signInMany(job.url, job.pairs * 2);
    await mapLimit(job.pairs, 8, async (index) => {
      const [from, to] = [accounts[index * 2], accounts[index * 2 + 1]];
      if (!from || !to) throw new Error('too few accounts');
      const chatId = await openDirectChat(job.url, from, to.userId);
      const [sender, recipient] = [await open(from.token, index), await open(to.token, index + 1)];
      const acknowledging = job.receipts ? new Receipts(recipient, chatId) : null;
      if (acknowledging) receipts.push(acknowledging);
      const onDone = (pair: Pair): void => driver?.done(pair);
      const { ordered } = job;
      pairs.push(new Pair({ chatId, sender, recipient, meter, receipts: acknowledging, ordered, onDone }));
    });

    driver =
      job.load.kind === 'closed'
        ? closedLoop(pairs, job.load.inFlight)
        : openLoop(pairs, job.load.rate, onLag);
    driver.start();
    await sleep(job.warmupMs);
    onPhase('measuring');
    meter.begin(performance.now());
    await sleep(job.measureMs);
    meter.end(performance.now());
    onPhase('measured');
    driver.stop();

    const drained = await settle(() => pairs.every((pair) => pair.inFlight === 0), job.drainMs);
    for (const one of receipts) one.stop();
    await sleep(drained ? GRACE_MS : 0);
    for (const pair of pairs) pair.checkEmpty();
    if (job.receipts && meter.statusFrames === 0)
      meter.violation('recipients acknowledged, senders were not told');
    return resultOf(meter, job);
  } finally {
    driver?.stop();
    for (const one of receipts) one.stop();
    for (const connection of connections) connection.close();
  }

  function onLag(ms: number): void {
    if (meter.measuring) meter.lag.recordMs(ms);
  }
}

/** Waits until `done`, at most `withinMs`; says whether it came to that. */
export async function settle(done: () => boolean, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (!done()) {
    if (performance.now() > until) return false;
    await sleep(10);
  }
  return true;
}

function resultOf(meter: Meter, job: MessagesJob): MessagesResult {
  return {
    seconds: meter.seconds,
    accepted: meter.accepted,
    delivered: meter.delivered,
    crossed: meter.crossed,
    overtaken: meter.overtaken,
    delivery: meter.delivery.summary(),
    acceptance: meter.acceptance.summary(),
    lag: job.load.kind === 'open' ? meter.lag.summary() : null,
    // A second that the period does not fill is left out; timers may end a full one some milliseconds early or late.
    deliveredEachSecond: meter.deliveredEachSecond.slice(0, Math.floor(meter.seconds + 0.05)),
    statusFrames: meter.statusFrames,
    violations: meter.violations,
    firstViolations: meter.firstViolations,
  };
}
