/** From the bus and from other instances to the sessions here (contract sections 4 and 5). */
import type { BusPayload, BusSubject } from '@parley/contract';
import { whenBack } from '@parley/core';
import type { RealtimeContext } from '../context.ts';
import { deliverDeletion, deliverEdit, deliverReaction } from './changes.ts';
import { deliverChat } from './chats.ts';
import { deliverAddition, deliverChatUpdate, deliverRemoval, tellMember } from './groups.ts';
import { deliverMedia } from './media.ts';
import { deliverMessage } from './messages.ts';
import { deliverOwn } from './own.ts';
import { deliverStatus } from './statuses.ts';
import { watchTopic } from './topics.ts';

/** The durable consumer's name on the bus: instances share it, so each event is taken by one of them. */
const consumer = 'realtime';

/**
 * Events from so long before this instance started, in milliseconds, are let go: after a long time without any realtime program
 * they would hold up what happens now, and whoever connected since has synced.
 */
const maxAgeMs = 10 * 60_000;

/** How an event reaches the sessions here and the other instances; undefined where that is done when it returns. */
type Delivery<S extends BusSubject> = (
  ctx: RealtimeContext,
  payload: BusPayload<S>,
  eventId: string,
) => Promise<void> | undefined;

/** Starts delivering; returns how to stop. A handler that throws gets its event again, later. */
export function startDelivery(ctx: RealtimeContext): () => void {
  const { bus, signals, clock } = ctx.core;
  const oldest = clock.now() - maxAgeMs;
  const take = <S extends BusSubject>(subject: S, deliver: Delivery<S>) =>
    bus.subscribe(consumer, subject, ({ timestamp, payload, event_id }) =>
      Date.parse(timestamp) < oldest ? undefined : deliver(ctx, payload, event_id),
    );
  takePassedOn(ctx);
  const stops = [
    ctx.deliverer.start(),
    bus.subscribe(consumer, 'msg.new', (event) => {
      const at = Date.parse(event.timestamp);
      if (at < oldest) return undefined;
      ctx.stages.consume.one(Math.max(0, clock.now() - at));
      return timedDelivery(ctx, event.payload);
    }),
    take('msg.deleted', deliverDeletion),
    take('msg.edited', deliverEdit),
    take('msg.reaction', deliverReaction),
    take('media.processed', deliverMedia),
    take('msg.status.updated', deliverStatus),
    take('chat.updated', deliverChatUpdate),
    take('group.member.added', deliverAddition),
    take('group.member.removed', deliverRemoval),
    take('user.updated', deliverOwn),
    take('chat.created', async (_ctx, payload, eventId) => {
      const everyone = payload.participants.map((member) => member.user_id);
      await deliverChat(ctx, payload);
      await ctx.deliverer.passOn(everyone, 'chat.created', payload, eventId);
    }),
    take('presence.changed', (_ctx, payload, eventId) => {
      ctx.watches.changed(payload.user_id, payload.status);
      return ctx.deliverer.passOn([watchTopic(payload.user_id)], 'presence.changed', payload, eventId);
    }),
    signals.subscribe((signal) => {
      if (signal.kind === 'kick') ctx.sessions.kick(signal.session_ids);
    }),
    signals.onGap(() => void ctx.sessions.recheck()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Handles what another instance took from the bus and passed on. The bus does not try it again. */
function takePassedOn(ctx: RealtimeContext): void {
  const { deliverer, watches } = ctx;
  deliverer.on('chat.created', (payload) => {
    void whenBack(ctx.log, 'a new chat could not be told', () => deliverChat(ctx, payload));
  });
  deliverer.on('group.member.added', (news) => tellMember(ctx, news));
  deliverer.on('group.member.removed', (news) => tellMember(ctx, news));
  deliverer.on('presence.changed', ({ user_id, status }) => watches.changed(user_id, status));
  deliverer.on('watch', ({ user_id, viewer }) => watches.reconsider(user_id, viewer));
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
