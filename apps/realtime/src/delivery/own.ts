/** What concerns a user alone: told to the user's own devices, and felt by those who watch. */
import type { BusPayload, UserChange } from '@parley/contract';
import type { RealtimeContext } from '../context.ts';
import { type Frame, serverFrame } from '../frame.ts';
import { watchTopic } from './topics.ts';

/** Whose presence is to be looked at again, and whether by one viewer alone. */
export interface WatchNews {
  user_id: string;
  viewer: string | null;
}

/** Tells the user's devices. After changes of privacy, contacts and blocks presence is shown as it may be seen from now on. */
export async function deliverOwn(
  ctx: RealtimeContext,
  payload: BusPayload<'user.updated'>,
  eventId: string,
): Promise<void> {
  const { user_id, user_version, change } = payload;
  if (change.kind === 'block') await forgetDirectChat(ctx, user_id, change.user_id);
  const frame = ownFrame(change, user_version, ctx.core.clock.now());
  await Promise.all([
    ctx.deliverer.toUsers([user_id], frame, { id: eventId }),
    ...newsOfWatches(user_id, change).map((news, index) =>
      reconsider(ctx, news, `${eventId}:watch:${index}`),
    ),
  ]);
}

function ownFrame(change: UserChange, user_version: number, now: number): Frame {
  switch (change.kind) {
    case 'chat': {
      const { chat_id, changes } = change;
      return serverFrame('chat.updated', { chat_id, changes, user_version }, now);
    }
    case 'star': {
      const { chat_id, message_id, is_starred } = change;
      return serverFrame('message.starred', { message_id, chat_id, is_starred, user_version }, now);
    }
    case 'hide': {
      const { chat_id, message_id } = change;
      return serverFrame('message.deleted', { message_id, chat_id, user_version }, now);
    }
    case 'block':
      return serverFrame('user.updated', { kind: 'block', user_id: change.user_id, user_version }, now);
    default:
      return serverFrame('user.updated', { kind: change.kind, user_id: null, user_version }, now);
  }
}

function newsOfWatches(userId: string, change: UserChange): WatchNews[] {
  switch (change.kind) {
    case 'privacy':
    // Who is in the contacts may see what others may not.
    case 'contacts':
      return [{ user_id: userId, viewer: null }];
    case 'block':
      // Neither sees the other.
      return [
        { user_id: userId, viewer: change.user_id },
        { user_id: change.user_id, viewer: userId },
      ];
    default:
      return [];
  }
}

function reconsider(ctx: RealtimeContext, news: WatchNews, id: string): Promise<void> | undefined {
  ctx.watches.reconsider(news.user_id, news.viewer);
  return ctx.deliverer.passOn([watchTopic(news.user_id)], 'watch', news, id);
}

/** Their direct chat takes no more messages, or takes them again: what is cached of it says otherwise. */
async function forgetDirectChat(ctx: RealtimeContext, a: string, b: string): Promise<void> {
  const chatId = await ctx.core.chats.directOf(a, b);
  if (chatId !== undefined) ctx.core.chatCache.invalidate(chatId);
}
