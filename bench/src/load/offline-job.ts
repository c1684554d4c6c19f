import { setTimeout as sleep } from 'node:timers/promises';

import { type FakeFcm, startFakeFcm } from '../../../packages/platform/test/support/fake-fcm.ts';
import type { OfflineJob, OfflineResult } from '../media/protocol.ts';
import type { Phase } from '../protocol.ts';
import { Connection } from './connection.ts';
import { callApi, mapLimit, openDirectChat, signInMany } from './http-api.ts';
import { GRACE_MS, settle } from './messages-job.ts';
import { Meter } from './meter.ts';
import { OfflinePair } from './offline-pair.ts';

/** How often it is looked at what came to the fake FCM, in milliseconds: its clock is no finer. */
const lookEveryMs = 1;

/** Messages to users who are away, and the pushes that come of them. */
export class OfflineLoad {
  #fcm: FakeFcm | null = null;

  /** The fake FCM is started before the server, which must know where it is. */
  async listen(): Promise<{ url: string }> {
    this.#fcm = await startFakeFcm();
    return { url: this.#fcm.url };
  }

  async run(job: OfflineJob, onPhase: (phase: Phase) => void): Promise<OfflineResult> {
    const fcm = this.#fcm;
    if (!fcm) throw new Error('the fake FCM was not started');
    const meter = new Meter();
    const pairs = new Map<string, OfflinePair>();
    const connections: Connection[] = [];
    let running = true;
    const accounts = await signInMany(job.url, job.pairs * 2);
    // What came before is of another row.
    let seen = fcm.requests.length;
    const look = (): void => {
      const now = performance.now();
      for (; seen < fcm.requests.length; seen += 1) {
        const request = fcm.requests[seen];
        const pair = request && pairs.get(request.token);
        if (!pair || request.behaviour !== 'sent') meter.violation('a push that nobody was to get');
        else pair.onPush(request.body.data.message_id ?? '', now);
      }
    };
    const looking = setInterval(look, lookEveryMs);
    try {
      await mapLimit(job.pairs, 8, async (index) => {
        const [from, to] = [accounts[index * 2], accounts[index * 2 + 1]];
        if (!from || !to) throw new Error('too few accounts');
        const device = `bench-device-${to.userId}`;
        const body = { token: device, platform: 'android' };
        await callApi(job.url, 'PUT', '/users/me/fcm-token', body, to.token);
        const chatId = await openDirectChat(job.url, from, to.userId);
        const sender = await Connection.open(job.url, 'ws', from.token);
        connections.push(sender);
        const onDone = (pair: OfflinePair): void => (running ? pair.send() : undefined);
        pairs.set(device, new OfflinePair({ chatId, sender, meter, onDone }));
      });
      for (const pair of pairs.values()) for (let n = 0; n < job.inFlight; n += 1) pair.send();
      await sleep(job.warmupMs);
      onPhase('measuring');
      meter.begin(performance.now());
      await sleep(job.measureMs);
      look();
      meter.end(performance.now());
      onPhase('measured');
      running = false;
      const drained = await settle(
        () => [...pairs.values()].every((pair) => pair.inFlight === 0),
        job.drainMs,
      );
      await sleep(drained ? GRACE_MS : 0);
      look();
      for (const pair of pairs.values()) pair.checkEmpty();
      return resultOf(meter);
    } finally {
      running = false;
      clearInterval(looking);
      for (const connection of connections) connection.close();
    }
  }
}

function resultOf(meter: Meter): OfflineResult {
  const { seconds, accepted, delivered, violations, firstViolations } = meter;
  return {
    ...{ seconds, accepted, pushed: delivered, violations, firstViolations },
    ...{ push: meter.delivery.summary(), acceptance: meter.acceptance.summary() },
  };
}
