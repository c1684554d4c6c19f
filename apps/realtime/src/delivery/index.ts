/** From the bus and from other instances to the sessions here (contract sections 4 and 5). */
import type { BusPayload } from '@parley/contract';
import { whenBack } from '@parley/core';
import type { RealtimeContext } from '../context.ts';
import { deliverChat } from './chats.ts';
import { deliverMessage } from './messages.ts';
import { deliverStatus } from './statuses.ts';
import { watchTopic } from './topics.ts';

/** The durable consumer's name on the bus: instances share it, so each event is taken by one of them. */
const consumer = 'realtime';

/**
 * Events from so long before this instance started, in milliseconds, are let go: after a long time without any realtime program
 * they would hold up what happens now, and whoever connected since has synced.
 */
const maxAgeMs = 10 * 60_000;

/** Starts delivering; returns how to stop. A handler that throws gets its event again, later. */
export function startDelivery(ctx: RealtimeContext): () => void {
  const { bus, signals, clock } = ctx.core;
  const { deliverer } = ctx;
  const oldest = clock.now() - maxAgeMs;
  const tooOld = (timestamp: string) => Date.parse(timestamp) < oldest;
  // What another instance passed on is not tried again by the bus.
  deliverer.on('chat.created', (json) => {
    const payload = JSON.parse(json) as BusPayload<'chat.created'>;
    void whenBack(ctx.log, 'a new chat could not be told', () => deliverChat(ctx, payload));
  });
  deliverer.on('presence.changed', (json) => {
    const { user_id } = JSON.parse(json) as BusPayload<'presence.changed'>;
    void whenBack(ctx.log, 'a presence could not be told', () => ctx.watches.changed(user_id));
  });
  const stops = [
    deliverer.start(),
    bus.subscribe(consumer, 'msg.new', (event) => {
      if (tooOld(event.timestamp)) return undefined;
      ctx.stages.consume.one(Math.max(0, clock.now() - Date.parse(event.timestamp)));
      return timedDelivery(ctx, event.payload);
    }),
    bus.subscribe(consumer, 'msg.status.updated', (event) =>
      tooOld(event.timestamp) ? undefined : deliverStatus(ctx, event.payload, event.event_id),
    ),
    bus.subscribe(consumer, 'chat.created', async ({ payload, event_id }) => {
      const everyone = payload.participants.map((member) => member.user_id);
      await deliverChat(ctx, payload);
      await deliverer.passOn(everyone, 'chat.created', payload, event_id);
    }),
    bus.subscribe(consumer, 'presence.changed', async ({ payload, event_id }) => {
      await ctx.watches.changed(payload.user_id);
      await deliverer.passOn([watchTopic(payload.user_id)], 'presence.changed', payload, event_id);
    }),
    signals.subscribe((signal) => ctx.sessions.kick(signal.session_ids)),
    signals.onGap(() => void ctx.sessions.recheck()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Delivers a message; noted is the time until sessions here and other instances have it. */
function timedDelivery(ctx: RealtimeContext, payload: BusPayload<'msg.new'>): Promise<void> | undefined {
  const { fan_out } = ctx.stages;
  const begun = performance.now();
  const handing = deliverMessage(ctx, payload);
  if (handing) return handing.then(() => fan_out.one(performance.now() - begun));
  fan_out.one(performance.now() - begun);
  return undefined;
}
