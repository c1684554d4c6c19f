/** Changes of chats that their members share. */
import type { BusPayload } from '@parley/contract';
import type { RealtimeContext } from '../context.ts';
import { serverFrame } from '../frame.ts';

type MemberSubject = 'group.member.added' | 'group.member.removed';
/** What an instance needs to know to tell somebody of their own coming or going. */
export interface MemberNews {
  subject: MemberSubject;
  chat_id: string;
  user_id: string;
  display_name: string;
  state_version: number;
  user_version: number;
}

/** `chat.updated`: name, description, photo, who may send, disappearing messages, roles. */
export function deliverChatUpdate(
  ctx: RealtimeContext,
  payload: BusPayload<'chat.updated'>,
  eventId: string,
): Promise<void> | undefined {
  const { chat_id, changes, state_version, recipients } = payload;
  ctx.core.chatCache.invalidate(chat_id);
  const frame = serverFrame('chat.updated', { chat_id, changes, state_version }, ctx.core.clock.now());
  return ctx.deliverer.toUsers(recipients, frame, { id: eventId });
}

/** `group.member.added`: to all members, and to the one who was added with the number of its own. */
export async function deliverAddition(
  ctx: RealtimeContext,
  payload: BusPayload<'group.member.added'>,
  eventId: string,
): Promise<void> {
  // Names are public.
  const display_name = (await ctx.core.users.find(payload.user_id))?.display_name ?? '';
  await deliverMember(ctx, { ...payload, subject: 'group.member.added', display_name }, eventId);
}

/** `group.member.removed`: to those who remain, and to the one who is gone, who gets nothing of the chat after it. */
export function deliverRemoval(
  ctx: RealtimeContext,
  payload: BusPayload<'group.member.removed'>,
  eventId: string,
): Promise<void> {
  return deliverMember(ctx, { ...payload, subject: 'group.member.removed', display_name: '' }, eventId);
}

/** Tells somebody, if connected here, of their own coming or going. */
export function tellMember(ctx: RealtimeContext, news: MemberNews): void {
  const { chat_id, user_id, state_version } = news;
  const { deliverer, core, hub } = ctx;
  core.chatCache.invalidate(chat_id);
  if (news.subject === 'group.member.added') deliverer.departures.joined(chat_id, user_id, state_version);
  hub.deliver([user_id], memberFrame(ctx, news, true));
  if (news.subject === 'group.member.removed') deliverer.departures.left(chat_id, user_id, state_version);
}

async function deliverMember(
  ctx: RealtimeContext,
  news: MemberNews & { recipients: string[] },
  eventId: string,
): Promise<void> {
  const { recipients, ...about } = news;
  tellMember(ctx, about);
  const others = recipients.filter((id) => id !== about.user_id);
  await Promise.all([
    ctx.deliverer.passOn([about.user_id], about.subject, about, `${eventId}:self`),
    ctx.deliverer.toUsers(others, memberFrame(ctx, about, false), { id: eventId }),
  ]);
}

function memberFrame(ctx: RealtimeContext, news: MemberNews, own: boolean) {
  const { chat_id, user_id, display_name, state_version, user_version } = news;
  const now = ctx.core.clock.now();
  const number = own ? { user_version } : {};
  return news.subject === 'group.member.added'
    ? serverFrame(news.subject, { chat_id, user_id, display_name, state_version, ...number }, now)
    : serverFrame(news.subject, { chat_id, user_id, state_version, ...number }, now);
}
