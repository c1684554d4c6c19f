/** What changes by time alone: messages that disappear, mutes that end. */

import { withChat, withMessages } from './changed-room.ts';
import type { Entry } from './entry.ts';
import { buried, quoteMessage } from './history.ts';
import type { Room } from './room.ts';
import { derive } from './summary.ts';

/** When something of the room is over next, in milliseconds since the epoch; infinite where nothing is. */
export function nextEnd({ chat, history }: Room): number {
  let next =
    chat?.is_muted && chat.mute_until !== null ? Date.parse(chat.mute_until) : Number.POSITIVE_INFINITY;
  for (const { is_deleted, expires_at } of history?.messages ?? []) {
    if (!is_deleted && expires_at !== null) next = Math.min(next, Date.parse(expires_at));
  }
  return next;
}

/** The room as it is at `now`, in milliseconds since the epoch. */
export function expire(room: Room, now: number): Room {
  if (nextEnd(room) > now) return room;
  const { chat } = room;
  const muted = !chat?.mute_until || Date.parse(chat.mute_until) > now;
  let result = muted ? room : withChat(room, { is_muted: false, mute_until: null });
  for (const message of room.history?.messages ?? []) {
    const { expires_at, is_deleted } = message;
    if (is_deleted || expires_at === null || Date.parse(expires_at) > now) continue;
    const over = buried(message);
    result = quoteMessage(
      withMessages(result, (each) => (each === message ? over : each)),
      over,
    );
  }
  return derive(result);
}

/** The longest time that a timer can wait, in milliseconds. */
const longest = 0x7fff_ffff;

/** Calls back when something of the room is over, in place of what was planned before. */
export function watchTime(entry: Entry, over: () => void): void {
  const at = nextEnd(entry.room);
  if (at === entry.expiresAt) return;
  clearTimeout(entry.expiry);
  entry.expiresAt = at;
  if (at === Number.POSITIVE_INFINITY) return;
  const end = () => {
    entry.expiresAt = Number.POSITIVE_INFINITY;
    over();
  };
  const timer = setTimeout(end, Math.min(longest, Math.max(0, at - Date.now())));
  entry.expiry = timer;
  // A program that is done with all else need not wait for it.
  if (typeof timer === 'object' && 'unref' in timer) timer.unref();
}
