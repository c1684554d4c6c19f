import type { BusPayload } from '@parley/contract';
import type { RealtimeContext } from '../context.ts';
import { serverFrame } from '../frame.ts';

/** `message.new` for every device of every member, except the connection that gets `message.sent` instead. */
export function deliverMessage(ctx: RealtimeContext, payload: BusPayload<'msg.new'>): void {
  const data = { ...payload.message, timestamp: payload.message.created_at };
  const frame = serverFrame('message.new', data, ctx.core.clock.now());
  ctx.hub.deliver(payload.recipients, frame, payload.origin);
}
