/** Access tokens: JWT, HS256, 15 minutes (contract section 2, Auth; RFC 7519). */
import { createSecretKey, type KeyObject, randomUUID } from 'node:crypto';
import { limits, uuid } from '@parley/contract';
import { type AccessClaims, type AccessTokens, AppError, type Clock } from '@parley/core';
import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';

const issuer = 'parley';
const algorithm = 'HS256';

export class JwtAccessTokens implements AccessTokens {
  readonly #clock: Clock;
  /** The first one signs, all verify: that is how keys are rotated. */
  readonly #keys: KeyObject[];
  /** Tokens that were verified before: checking a signature again would give the same answer. */
  readonly #verified = new LRUCache<string, AccessClaims>({ max: 20_000 });

  constructor(secrets: { current: string; previous: string | null }, clock: Clock) {
    this.#clock = clock;
    this.#keys = [secrets.current, secrets.previous]
      .filter((secret) => secret !== null)
      .map((secret) => createSecretKey(Buffer.from(secret, 'utf8')));
  }

  sign(claims: { userId: string; phone: string; sessionId: string }): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000);
    return new SignJWT({ phone: claims.phone, sid: claims.sessionId })
      .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
      .setSubject(claims.userId)
      .setIssuer(issuer)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + limits.accessTokenSeconds)
      .sign(this.#keys[0] as KeyObject);
  }

  async verify(token: string): Promise<AccessClaims> {
    const known = this.#verified.get(token) ?? (await this.#check(token));
    if (known.expiresAt * 1000 <= this.#clock.now()) {
      this.#verified.delete(token);
      throw new AppError('TOKEN_EXPIRED');
    }
    return known;
  }

  async #check(token: string): Promise<AccessClaims> {
    let refusal: unknown;
    for (const key of this.#keys) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [algorithm],
          issuer,
          requiredClaims: ['sub', 'sid', 'exp', 'iat', 'jti'],
          currentDate: new Date(this.#clock.now()),
        });
        const { sub, sid, phone, exp } = payload;
        if (
          !uuid.safeParse(sub).success ||
          typeof sub !== 'string' ||
          typeof sid !== 'string' ||
          typeof phone !== 'string' ||
          typeof exp !== 'number'
        ) {
          throw new AppError('TOKEN_INVALID');
        }
        const claims = { userId: sub, sessionId: sid, phone, expiresAt: exp };
        this.#verified.set(token, claims);
        return claims;
      } catch (error) {
        // Only a token with a good signature can be told to be expired.
        if (error instanceof errors.JWTExpired) throw new AppError('TOKEN_EXPIRED');
        refusal = error;
      }
    }
    throw new AppError('TOKEN_INVALID', undefined, { cause: refusal });
  }
}
