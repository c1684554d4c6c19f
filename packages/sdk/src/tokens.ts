import type { OutputOf } from '@parley/contract';

/** A pair of tokens as the server answers it. */
export type TokenPair = OutputOf<'auth.refresh'>;

/** A session as it is kept in storage. */
export interface StoredSession {
  readonly user_id: string;
  readonly access_token: string;
  readonly refresh_token: string;
  /** Seconds the access token lives, counted from `received_at`. */
  readonly expires_in: number;
  /** This device's clock when the answer came, in milliseconds: the server's clock may be another. */
  readonly received_at: number;
}

export function storedSession(userId: string, pair: TokenPair): StoredSession {
  const { access_token, refresh_token, expires_in } = pair;
  return { user_id: userId, access_token, refresh_token, expires_in, received_at: Date.now() };
}

/** Milliseconds the access token still lives; 0 where the device's clock went back, since nothing can be told then. */
export function lifeLeft({ received_at, expires_in }: StoredSession): number {
  const age = Date.now() - received_at;
  return age < 0 ? 0 : Math.max(0, expires_in * 1000 - age);
}

/** Milliseconds until the access token should be renewed: `margin` before its end, or a fifth of its life if that is less. */
export function renewalDue(session: StoredSession, marginMs: number): number {
  return lifeLeft(session) - Math.min(marginMs, session.expires_in * 200);
}

/** Reads what storage holds; null if it is not a session of this version. */
export function parseSession(text: string | null): StoredSession | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isSession(value) ? value : null;
  } catch {
    return null;
  }
}

function isSession(value: unknown): value is StoredSession {
  if (typeof value !== 'object' || value === null) return false;
  const { user_id, access_token, refresh_token, expires_in, received_at } = value as Record<string, unknown>;
  const texts = [user_id, access_token, refresh_token];
  const numbers = [expires_in, received_at];
  return (
    texts.every((text) => typeof text === 'string') && numbers.every((number) => Number.isFinite(number))
  );
}

/** The `sub` claim of a JWT, without checking its signature (which only the server can); null if there is none. */
export function userIdOf(accessToken: string): string | null {
  try {
    const part = (accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    // `sub` is ASCII, so the claims' other characters may come out wrong here.
    const claims: unknown = JSON.parse(atob(part));
    if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return null;
    return typeof claims.sub === 'string' ? claims.sub : null;
  } catch {
    return null;
  }
}
