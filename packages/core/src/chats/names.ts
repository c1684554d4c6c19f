/** Names of people as system messages write them. */
import type { Core } from '../context.ts';

/** Names that a message spells out; of more people it tells how many. */
const spelledOut = 10;

/** Display names by id; people without one are `Someone`. */
export async function namesOf(
  core: Pick<Core, 'users'>,
  userIds: readonly string[],
): Promise<(userId: string) => string> {
  const users = await core.users.findMany([...new Set(userIds)]);
  return (userId) => users.get(userId)?.display_name || 'Someone';
}

/** `Ada, Ben and Cleo`; of many `Ada, … and 12 others`. */
export function listOf(names: readonly string[]): string {
  const shown = names.length > spelledOut ? names.slice(0, spelledOut - 1) : names;
  const others = names.length - shown.length;
  const last = others > 0 ? `${others} others` : shown.at(-1);
  const first = others > 0 ? shown : shown.slice(0, -1);
  return first.length === 0 ? (last ?? '') : `${first.join(', ')} and ${last}`;
}
