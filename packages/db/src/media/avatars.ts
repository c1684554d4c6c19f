/** Which photos of users and groups are in use: by the indexes of addresses that begin with `/avatars/`, one look-up for each. */
import type { Sql } from '../sql.ts';

/** What the partial indexes hold; PostgreSQL takes them only where it is said. */
const kept = (address: string): string => `${address} LIKE '/avatars/%'`;

/** A value rather than EXISTS, which the planner could make a join of, and read all photos that are kept. */
const has = (table: string, address: string): string =>
  `(SELECT true FROM ${table} x WHERE ${address} = u.url AND ${kept(address)} LIMIT 1)`;

const whoHas = {
  users: has('users', 'x.avatar_url'),
  /** Who left a group is shown the photo that it had then. */
  groups: `${has('groups', 'x.avatar_url')} OR ${has('chat_participants', "(x.left_view ->> 'avatar_url')")}`,
} as const;

export async function avatarsUsed(
  sql: Sql,
  by: keyof typeof whoHas,
  urls: readonly string[],
): Promise<Set<string>> {
  if (urls.length === 0) return new Set();
  const rows = await sql.rows<{ url: string }>(
    `avatars-of-${by}`,
    `SELECT u.url FROM unnest($1::text[]) AS u(url) WHERE ${whoHas[by]}`,
    [urls],
  );
  return new Set(rows.map(({ url }) => url));
}
