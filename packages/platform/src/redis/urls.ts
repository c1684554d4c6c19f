/** Where Redis is, from `REDIS_URL`: addresses, who signs in, and whether the line is encrypted. */

export interface RedisTarget {
  nodes: { host: string; port: number }[];
  username: string | undefined;
  password: string | undefined;
  db: number;
  tls: boolean;
}

/**
 * Reads `redis://` and `rediss://` addresses. The user, the password and the database of the first one count for all.
 * Errors: `Error` naming what is wrong, never a password.
 */
export function parseRedisUrls(
  urls: readonly string[],
  mode: 'single' | 'sentinel' | 'cluster',
): RedisTarget {
  const parsed = urls.map((url) => new URL(url));
  const [first] = parsed;
  if (!first) throw new Error('Redis needs an address');
  if (mode === 'single' && parsed.length > 1) throw new Error('a single Redis has one address');
  const db = first.pathname === '' || first.pathname === '/' ? 0 : Number(first.pathname.slice(1));
  if (!Number.isInteger(db) || db < 0)
    throw new Error('the path of a Redis address must be the number of a database');
  if (mode === 'cluster' && db !== 0) throw new Error('a Redis Cluster has database 0 only');
  return {
    nodes: parsed.map((url) => ({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (mode === 'sentinel' ? 26_379 : 6_379) : Number(url.port),
    })),
    username: first.username === '' ? undefined : decodeURIComponent(first.username),
    password: first.password === '' ? undefined : decodeURIComponent(first.password),
    db,
    tls: first.protocol === 'rediss:',
  };
}
