import type { BusPayload, Participant } from '@parley/contract';
import { visibleProfiles } from '@parley/core';
import type { RealtimeContext } from '../context.ts';
import { serverFrame } from '../frame.ts';

/** Viewers whose look-ups share queries; more at once would keep the store busy with one chat. */
const batch = 32;

/** `chat.created` for each participant who is connected here, with names and photos as that one may see them. */
export async function deliverChat(ctx: RealtimeContext, payload: BusPayload<'chat.created'>): Promise<void> {
  ctx.core.chatCache.invalidate(payload.chat_id);
  const ids = payload.participants.map((member) => member.user_id);
  const viewers = ids.filter((id) => ctx.hub.has(id));
  if (viewers.length === 0) return;
  const users = await ctx.core.users.findMany(ids);
  // Names are the same for all. Photos are not, so only who has one is looked up for each viewer.
  const withPhoto = ids.filter((id) => (users.get(id)?.avatar_url ?? '') !== '');
  const named = payload.participants.map((member) => ({
    ...member,
    display_name: users.get(member.user_id)?.display_name ?? '',
    avatar_url: '',
  }));
  for (let at = 0; at < viewers.length; at += batch) {
    const some = viewers.slice(at, at + batch);
    await Promise.all(
      some.map(async (viewer) => tell(ctx, payload, viewer, await withPhotos(ctx, viewer, named, withPhoto))),
    );
  }
}

async function withPhotos(
  ctx: RealtimeContext,
  viewer: string,
  participants: Participant[],
  withPhoto: string[],
): Promise<Participant[]> {
  if (withPhoto.length === 0) return participants;
  const profiles = await visibleProfiles(ctx.core, viewer, withPhoto);
  const photos = new Map(profiles.map((profile) => [profile.id, profile.avatar_url]));
  return participants.map((member) => {
    const photo = photos.get(member.user_id) ?? '';
    return photo === '' ? member : { ...member, avatar_url: photo };
  });
}

function tell(
  ctx: RealtimeContext,
  payload: BusPayload<'chat.created'>,
  viewer: string,
  participants: Participant[],
): void {
  const data = {
    chat_id: payload.chat_id,
    type: payload.type,
    name: payload.name,
    participants,
    state_version: payload.state_version,
    user_version: payload.user_versions[viewer] ?? 0,
  };
  ctx.hub.deliver([viewer], serverFrame('chat.created', data, ctx.core.clock.now()));
}
