/**
 * Readiness of delivery: an event goes the whole way, onto the bus, to whichever instance takes it, and through the fan-out
 * back to this one. A program that answers requests while this is dead would look well and deliver nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Readiness } from '@parley/platform';
import type { RealtimeContext } from '../context.ts';

const subject = 'presence.probe';
/** Milliseconds after which a probe that has not come back is forgotten. */
const forgetMs = 30_000;
/** Milliseconds between probes of one check. */
const againMs = 400;
/** What an instance is called as a topic. */
const probeTopic = (instance: string) => `probe:${instance}`;

/** Adds the check `delivery`. It fails when a probe does not come back in the time that checks have. */
export function addProbe(ctx: RealtimeContext, readiness: Readiness): void {
  const { bus, fanOut, clock } = ctx.core;
  const instance = randomUUID();
  const waiting = new Map<string, () => void>();
  const joined = fanOut.solitary ? undefined : fanOut.join(probeTopic(instance));
  joined?.catch(() => undefined);

  ctx.deliverer.on(subject, ({ nonce }) => waiting.get(nonce)?.());
  bus.subscribe('realtime', subject, async ({ payload }) => {
    if (payload.instance !== instance) {
      await ctx.deliverer.passOn([probeTopic(payload.instance)], subject, payload, null);
    } else if (waiting.has(payload.nonce)) {
      await fanOut.loopback();
      waiting.get(payload.nonce)?.();
    }
  });

  const publish = (nonce: string) =>
    bus.publish([
      {
        event_id: randomUUID(),
        event_type: subject,
        timestamp: new Date(clock.now()).toISOString(),
        request_id: `probe-${instance}`,
        trace: null,
        payload: { instance, nonce },
      },
    ]);

  readiness.add('delivery', async () => {
    const nonce = randomUUID();
    const back = new Promise<void>((resolve) => waiting.set(nonce, resolve));
    // The check itself is bounded by readiness; what never comes back must not be kept for ever.
    const forget = setTimeout(() => {
      waiting.delete(nonce);
      clearInterval(again);
    }, forgetMs).unref();
    // Another instance that hangs may take a probe; it does not take all of them.
    const again = setInterval(() => void publish(nonce).catch(() => undefined), againMs).unref();
    try {
      await publish(nonce);
      await back;
    } finally {
      clearTimeout(forget);
      clearInterval(again);
      waiting.delete(nonce);
    }
  });
}
