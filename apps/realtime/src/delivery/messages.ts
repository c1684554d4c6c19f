import type { BusPayload } from '@parley/contract';
import type { RealtimeContext } from '../context.ts';
import { serverFrame } from '../frame.ts';

/** `message.new` for every device of every member, except the connection that gets `message.sent` instead. */
export function deliverMessage(
  ctx: RealtimeContext,
  payload: BusPayload<'msg.new'>,
): Promise<void> | undefined {
  const { message, recipients, origin } = payload;
  const frame = serverFrame(
    'message.new',
    { ...message, timestamp: message.created_at },
    ctx.core.clock.now(),
  );
  return ctx.deliverer.toMembers(
    recipients,
    frame,
    { chatId: message.chat_id, version: message.version },
    origin,
  );
}
