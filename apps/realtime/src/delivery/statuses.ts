import type { BusPayload, MessageStatus } from '@parley/contract';
import type { RealtimeContext } from '../context.ts';
import { type Frame, serverFrame } from '../frame.ts';

/**
 * `message.status`: to the senders of the messages that a position passed, and to the user's own other devices. A read
 * that is kept private is told to the senders as a delivery, if it was one, and as what it is only to the own devices.
 */
export function deliverStatus(
  ctx: RealtimeContext,
  payload: BusPayload<'msg.status.updated'>,
  eventId: string,
): Promise<void> | undefined {
  const { user_id, sender_ids, visible, delivered_moved, origin } = payload;
  const frame = statusFrame(ctx, payload, payload.status);
  const senders = sender_ids.filter((id) => id !== user_id);
  const toOthers = visible ? frame : delivered_moved ? statusFrame(ctx, payload, 'delivered') : null;
  const others = toOthers
    ? ctx.deliverer.toUsers(senders, toOthers, { id: `${eventId}:senders` })
    : undefined;
  const own = ctx.deliverer.toUsers([user_id], frame, { id: `${eventId}:own`, except: origin });
  return others || own ? Promise.all([others, own]).then(() => undefined) : undefined;
}

function statusFrame(
  ctx: RealtimeContext,
  payload: BusPayload<'msg.status.updated'>,
  status: MessageStatus,
): Frame {
  const { chat_id, user_id, message_ids, up_to_seq, state_version, timestamp } = payload;
  const [only] = message_ids.length === 1 ? message_ids : [];
  const data = {
    chat_id,
    user_id,
    status,
    ...(only === undefined ? {} : { message_id: only }),
    message_ids,
    up_to_seq,
    state_version,
    timestamp,
  };
  return serverFrame('message.status', data, ctx.core.clock.now());
}
