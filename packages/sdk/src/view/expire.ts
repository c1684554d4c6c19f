/** What changes by time alone: messages that disappear, mutes that end. */
import { buried, changeMessage, changePreviews } from './history.ts';
import { type Room, withChat } from './room.ts';
import { derive } from './summary.ts';

/** When something of the room is over next, in milliseconds since the epoch; infinite where nothing is. */
export function nextEnd({ chat, history }: Room): number {
  const mute = chat?.is_muted && chat.mute_until !== null ? [chat.mute_until] : [];
  const ends = (history?.messages ?? []).flatMap(({ is_deleted, expires_at }) =>
    is_deleted || expires_at === null ? [] : [expires_at],
  );
  return Math.min(...[...mute, ...ends].map((time) => Date.parse(time)));
}

/** The room as it is at `now`, in milliseconds since the epoch. */
export function expire(room: Room, now: number): Room {
  if (nextEnd(room) > now) return room;
  let result = room;
  const { chat } = room;
  if (chat?.mute_until && Date.parse(chat.mute_until) <= now) {
    result = withChat(result, { is_muted: false, mute_until: null });
  }
  for (const { message_id, expires_at, is_deleted } of room.history?.messages ?? []) {
    if (is_deleted || expires_at === null || Date.parse(expires_at) > now) continue;
    result = changePreviews(changeMessage(result, message_id, buried), message_id, '');
  }
  return derive(result);
}
