import type { Presence } from '@parley/sdk';
import { formatDayAndTime } from '../lib/dates.ts';
import { texts } from '../texts/texts.ts';

/** Whether somebody is there, in words; empty where it is not known or hidden. */
export function presenceText(presence: Presence | null): string {
  if (!presence) return '';
  if (presence.online) return texts.people.online;
  if (!presence.last_seen) return '';
  const { day, time } = formatDayAndTime(presence.last_seen);
  return texts.people.lastSeen(day, time);
}
