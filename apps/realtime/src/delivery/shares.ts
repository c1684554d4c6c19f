/** A delivery of which not all get the same, and how it travels to other instances. */
import { Frame } from '../frame.ts';

/** What some get instead of what the others do; null for nothing. */
export interface Share {
  users: string[];
  frame: Frame | null;
}

/** Marks packets that hold shares. */
const prefix = 'shared:';

/**
 * Event and data of a packet for everybody. The data are lines of JSON, which has no line breaks of its own: the lists of users who get
 * something else, what all others get, then what each list gets, empty for nothing.
 */
export function packShares(frame: Frame, shares: readonly Share[]): { event: string; data: string } {
  const lists = JSON.stringify(shares.map((share) => share.users));
  const lines = [lists, frame.json, ...shares.map((share) => share.frame?.json ?? '')];
  return { event: prefix + frame.event, data: lines.join('\n') };
}

/** Reads such a packet; undefined for any other. */
export function unpackShares(
  packet: { event: string; data: string; topics: string[] },
  now: number,
): { users: string[]; frame: Frame; shares: Share[] } | undefined {
  if (!packet.event.startsWith(prefix)) return undefined;
  const event = packet.event.slice(prefix.length);
  const [lists = '[]', common = '', ...lines] = packet.data.split('\n');
  const shares = (JSON.parse(lists) as string[][]).map((users, index) => {
    const json = lines[index] ?? '';
    return { users, frame: json === '' ? null : Frame.fromJson(event, json, now) };
  });
  const apart = new Set(shares.flatMap((share) => share.users));
  const users = packet.topics.filter((topic) => !apart.has(topic));
  return { users, frame: Frame.fromJson(event, common, now), shares };
}
