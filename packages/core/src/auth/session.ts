/** Sessions: token pairs, rotation with theft detection, logout with a deny list (contract section 2; HLD 9.1). */
import { createHash, randomBytes } from 'node:crypto';
import { type InputOf, limits, type OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { newId } from '../lib/ids.ts';
import type { AccessClaims } from '../ports/engines.ts';

const denyKey = (sessionId: string) => `deny:${sessionId}`;
const sessionKey = (userId: string) => `session:${userId}`;

/** 32 random bytes; only the SHA-256 is ever stored. */
function newRefreshToken(): { token: string; hash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashToken(token) };
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function expiry(core: Pick<Core, 'clock'>): Date {
  return new Date(core.clock.now() + limits.refreshTokenSeconds * 1000);
}

/** `session:<user>` speeds up look-ups; the table is the truth, so a failure here only shows in the log. */
async function rememberSession(
  core: Pick<Core, 'keyValue' | 'log'>,
  userId: string,
  hash: string,
): Promise<void> {
  await core.keyValue
    .set(sessionKey(userId), hash, limits.refreshTokenSeconds)
    .catch((error) => core.log.warn({ err: error }, 'the session could not be remembered'));
}

/** Starts a session for a user who has just proven a phone. */
export async function startSession(
  core: Pick<Core, 'sessions' | 'tokens' | 'keyValue' | 'clock' | 'log'>,
  user: { id: string; phone: string },
  device: InputOf<'auth.verifyOtp'>['device'],
): Promise<OutputOf<'auth.refresh'>> {
  const sessionId = newId();
  const { token, hash } = newRefreshToken();
  await core.sessions.create({
    sessionId,
    userId: user.id,
    tokenHash: hash,
    expiresAt: expiry(core),
    deviceName: device?.name ?? null,
    devicePlatform: device?.platform ?? null,
  });
  await rememberSession(core, user.id, hash);
  return pair(await core.tokens.sign({ userId: user.id, phone: user.phone, sessionId }), token);
}

function pair(accessToken: string, refreshToken: string): OutputOf<'auth.refresh'> {
  return { access_token: accessToken, refresh_token: refreshToken, expires_in: limits.accessTokenSeconds };
}

/**
 * Exchanges a refresh token. Errors: `TOKEN_INVALID` (unknown, revoked, or stolen: the family is revoked then),
 * `TOKEN_EXPIRED`, `SERVICE_UNAVAILABLE`.
 */
export async function refreshTokens(
  core: Pick<Core, 'sessions' | 'tokens' | 'keyValue' | 'clock' | 'signals' | 'log'>,
  input: InputOf<'auth.refresh'>,
): Promise<OutputOf<'auth.refresh'>> {
  const { token, hash } = newRefreshToken();
  const rotation = await core.sessions.rotate({
    tokenHash: hashToken(input.refresh_token),
    newHash: hash,
    newExpiresAt: expiry(core),
    now: new Date(core.clock.now()),
    graceSeconds: limits.refreshGraceSeconds,
  });
  switch (rotation.outcome) {
    case 'rotated': {
      const { userId, sessionId, phone } = rotation;
      await rememberSession(core, userId, hash);
      return pair(await core.tokens.sign({ userId, phone, sessionId }), token);
    }
    case 'expired':
      throw new AppError('TOKEN_EXPIRED');
    case 'stolen':
      core.log.warn(
        { user_id: rotation.userId, session_id: rotation.sessionId },
        'a used refresh token came back: session revoked',
      );
      await denySessions(core, [rotation.sessionId]);
      throw new AppError('TOKEN_INVALID');
    case 'revoked':
      // Once more: when the session was revoked, its access tokens may not have been refused yet.
      await denySessions(core, [rotation.sessionId]);
      throw new AppError('TOKEN_INVALID');
    case 'unknown':
      throw new AppError('TOKEN_INVALID');
  }
}

/** Refuses the sessions' access tokens for as long as any can live, and closes their connections everywhere. */
async function denySessions(
  core: Pick<Core, 'keyValue' | 'signals'>,
  sessionIds: readonly string[],
): Promise<void> {
  // First, as it needs no answer: connections are closed also where the list cannot be written.
  core.signals.send({ kind: 'kick', session_ids: [...sessionIds] });
  await Promise.all(sessionIds.map((id) => core.keyValue.set(denyKey(id), '1', limits.accessTokenSeconds)));
  // Once more for those who came in between with a token that was not refused yet.
  core.signals.send({ kind: 'kick', session_ids: [...sessionIds] });
}

/** Ends sessions of a user's, with all others where `all`: no token of theirs works from now on, no push reaches them, and their connections close. */
export async function endSessions(
  core: Pick<Core, 'sessions' | 'keyValue' | 'signals'>,
  userId: string,
  ids: readonly string[],
  all = false,
): Promise<void> {
  const revoked = await core.sessions.revoke(userId, all ? 'all' : ids);
  await core.keyValue.delete(sessionKey(userId));
  await denySessions(core, [...new Set([...ids, ...revoked])]);
}

/**
 * Ends the caller's session, the one of a given refresh token of the caller's, or all. Also removes push tokens, refuses
 * access tokens from now on and closes live connections with 4001.
 */
export async function logout(
  core: Pick<Core, 'sessions' | 'keyValue' | 'signals'>,
  caller: Caller,
  input: { refresh_token?: string | undefined; all_devices: boolean },
): Promise<OutputOf<'auth.logout'>> {
  const ids = new Set([caller.sessionId]);
  if (input.refresh_token !== undefined) {
    const owner = await core.sessions.sessionOf(hashToken(input.refresh_token));
    if (owner?.userId === caller.userId) ids.add(owner.sessionId);
  }
  await endSessions(core, caller.userId, [...ids], input.all_devices);
  return { message: input.all_devices ? 'Signed out everywhere' : 'Signed out' };
}

/** Checks an access token and the deny list. Errors: `UNAUTHORIZED` (none), `TOKEN_EXPIRED`, `TOKEN_INVALID`. */
export async function authenticate(
  core: Pick<Core, 'tokens' | 'keyValue' | 'log'>,
  token: string | undefined,
): Promise<AccessClaims> {
  if (token === undefined || token === '') throw new AppError('UNAUTHORIZED');
  const claims = await core.tokens.verify(token);
  const denied = await core.keyValue.get(denyKey(claims.sessionId)).catch((error) => {
    // Signatures still hold while the deny list cannot be read (HLD 13.3).
    core.log.warn({ err: error }, 'the deny list cannot be read');
    return null;
  });
  if (denied !== null) throw new AppError('TOKEN_INVALID', 'This session was signed out');
  return claims;
}

/** Which of these sessions are signed out while tokens of theirs may still be alive. Errors: `SERVICE_UNAVAILABLE`. */
export async function deniedSessions(
  core: Pick<Core, 'keyValue'>,
  sessionIds: readonly string[],
): Promise<string[]> {
  const denied = await Promise.all(sessionIds.map((id) => core.keyValue.get(denyKey(id))));
  return sessionIds.filter((_, index) => denied[index] !== null);
}
