/** Files that became ready: told to their uploaders, and in the order of its chat for each message that carries one. */
import type { BusPayload } from '@parley/contract';
import { mediaViews } from '@parley/core';
import type { RealtimeContext } from '../context.ts';
import { serverFrame } from '../frame.ts';
import { toThoseWhoSeeIt } from './changes.ts';

/** `media.updated`, with fresh addresses. A file that was deleted meanwhile is told by the deletion of its message. */
export async function deliverMedia(
  ctx: RealtimeContext,
  payload: BusPayload<'media.processed'>,
  eventId: string,
): Promise<void> {
  const { media_id, chat_id, message_id, version, timestamp, recipients } = payload;
  const media = (await mediaViews(ctx.core, [media_id])).get(media_id);
  const now = ctx.core.clock.now();
  const isAboutMessage = chat_id !== null && message_id !== null && version !== null && timestamp !== null;
  if (!media) {
    if (!isAboutMessage) return;
    // For nobody: but where its members are, later numbers must not wait for this one.
    const nothing = serverFrame('message.deleted', { message_id, chat_id, version, timestamp }, now);
    const place = { chatId: chat_id, version };
    await ctx.deliverer.toMembers([], nothing, place, null, [{ users: recipients, frame: null }]);
    return;
  }
  const { status, thumbnail_url, duration_ms } = media;
  const about = { media_id, status, thumbnail_url, duration_ms, media };
  if (!isAboutMessage) {
    await ctx.deliverer.toUsers(recipients, serverFrame('media.updated', about, now), { id: eventId });
    return;
  }
  const frame = serverFrame('media.updated', { ...about, chat_id, message_id, version, timestamp }, now);
  await toThoseWhoSeeIt(ctx, frame, { chatId: chat_id, version }, recipients);
}
