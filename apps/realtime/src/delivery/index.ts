/** From the bus and from other instances to the sessions here (contract sections 4 and 5). */
import type { Signal } from '@parley/core';
import type { RealtimeContext } from '../context.ts';
import { serverFrame } from '../frame.ts';
import { deliverChat } from './chats.ts';
import { deliverMessage } from './messages.ts';
import { deliverStatus } from './statuses.ts';

/** The durable consumer's name on the bus. */
const consumer = 'realtime';

/** Starts delivering; returns how to stop. A handler that throws gets its event again, later. */
export function startDelivery(ctx: RealtimeContext): () => void {
  const { bus, signals } = ctx.core;
  const stops = [
    bus.subscribe(consumer, 'msg.new', (event) => deliverMessage(ctx, event.payload)),
    bus.subscribe(consumer, 'msg.status.updated', (event) => deliverStatus(ctx, event.payload)),
    bus.subscribe(consumer, 'chat.created', (event) => deliverChat(ctx, event.payload)),
    bus.subscribe(consumer, 'presence.changed', (event) => ctx.watches.changed(event.payload.user_id)),
    signals.subscribe((signal) => deliverSignal(ctx, signal)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function deliverSignal(ctx: RealtimeContext, signal: Signal): void {
  switch (signal.kind) {
    case 'kick':
      ctx.sessions.kick(signal.session_ids);
      break;
    case 'typing': {
      const { chat_id, user_id, is_typing } = signal;
      const frame = serverFrame('typing', { chat_id, user_id, is_typing }, ctx.core.clock.now());
      ctx.hub.deliver(signal.recipients, frame);
      break;
    }
  }
}
