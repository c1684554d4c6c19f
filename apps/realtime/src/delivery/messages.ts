import type { BusPayload, ServerEventData } from '@parley/contract';
import type { RealtimeContext } from '../context.ts';
import { type Frame, serverFrame } from '../frame.ts';
import type { Share } from './shares.ts';

/** `message.new` for every device of every member, except the connection that gets `message.sent` instead. */
export function deliverMessage(
  ctx: RealtimeContext,
  payload: BusPayload<'msg.new'>,
): Promise<void> | undefined {
  const { message, origin } = payload;
  const data = { ...message, timestamp: message.created_at };
  const { users, frame, shares } = whole(ctx, 'message.new', data, payload);
  const place = { chatId: message.chat_id, version: message.version };
  return ctx.deliverer.toMembers(users, frame, place, origin, shares);
}

/** A whole message for all who get it: for those who joined after what it replies to, without the preview of that. */
export function whole<E extends 'message.new' | 'message.edited'>(
  ctx: RealtimeContext,
  event: E,
  data: ServerEventData<E>,
  to: { recipients: string[]; unquoted: string[] },
): { users: string[]; frame: Frame; shares: Share[] } {
  const { recipients, unquoted } = to;
  const now = ctx.core.clock.now();
  const frame = serverFrame(event, data, now);
  if (unquoted.length === 0) return { users: recipients, frame, shares: [] };
  const blind = new Set(unquoted);
  const bare = serverFrame(event, { ...data, reply_to_preview: null }, now);
  return {
    users: recipients.filter((id) => !blind.has(id)),
    frame,
    shares: [{ users: unquoted, frame: bare }],
  };
}
