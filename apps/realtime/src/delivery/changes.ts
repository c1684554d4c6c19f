/** Changes of messages that were sent, in the order of their chat like the messages themselves. */
import type { BusPayload } from '@parley/contract';
import { presentMembers } from '@parley/core';
import type { RealtimeContext } from '../context.ts';
import { type Frame, serverFrame } from '../frame.ts';
import type { Place } from './deliver.ts';
import { whole } from './messages.ts';
import type { Share } from './shares.ts';

/** `message.deleted`, for everyone: also when its time was over. */
export function deliverDeletion(ctx: RealtimeContext, payload: BusPayload<'msg.deleted'>) {
  const { message_id, chat_id, version, timestamp, recipients } = payload;
  const data = { message_id, chat_id, version, timestamp };
  const frame = serverFrame('message.deleted', data, ctx.core.clock.now());
  return toThoseWhoSeeIt(ctx, frame, { chatId: chat_id, version }, recipients);
}

/** `message.edited`, with the whole message. */
export function deliverEdit(ctx: RealtimeContext, payload: BusPayload<'msg.edited'>) {
  const { message } = payload;
  const { users, frame, shares } = whole(ctx, 'message.edited', message, payload);
  const place = { chatId: message.chat_id, version: message.version };
  return toThoseWhoSeeIt(ctx, frame, place, users, shares);
}

/** `message.reaction`: given, changed, or taken back. */
export function deliverReaction(ctx: RealtimeContext, payload: BusPayload<'msg.reaction'>) {
  const { message_id, chat_id, user_id, emoji, version, timestamp, recipients } = payload;
  const data = { message_id, chat_id, user_id, emoji, version, timestamp };
  const frame = serverFrame('message.reaction', data, ctx.core.clock.now());
  return toThoseWhoSeeIt(ctx, frame, { chatId: chat_id, version }, recipients);
}

/**
 * Those who joined after the message get nothing, but their instances must know that this number is none to wait for.
 * The connection that made the change gets the frame too: unlike a send, its answer carries no number.
 */
export function toThoseWhoSeeIt(
  ctx: RealtimeContext,
  frame: Frame,
  place: Place,
  users: string[],
  shares: Share[] = [],
): Promise<void> | undefined {
  if (ctx.core.fanOut.solitary) return ctx.deliverer.toMembers(users, frame, place, null, shares);
  const told = [users, ...shares.map((share) => share.users)].flat();
  return othersIn(ctx, place.chatId, told).then((others) => {
    const nothing = others.length === 0 ? [] : [{ users: others, frame: null }];
    return ctx.deliverer.toMembers(users, frame, place, null, [...shares, ...nothing]);
  });
}

/** The members who are told nothing. */
async function othersIn(ctx: RealtimeContext, chatId: string, told: string[]): Promise<string[]> {
  // Without them a later message may be held for a moment; without the store nobody need miss this one.
  const chat = await ctx.core.chatCache.get(chatId).catch(() => undefined);
  if (!chat) return [];
  const known = new Set(told);
  return presentMembers(chat).filter((id) => !known.has(id));
}
