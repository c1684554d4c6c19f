/** Users and tokens of the fake server, with rotation as the contract has it (section 2, Auth). */
import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '@parley/contract';

export class Refused extends Error {
  readonly code: ErrorCode;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string = code, retryAfter?: number) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

interface Access {
  userId: string;
  family: string;
  state: 'good' | 'expired' | 'revoked';
  endsAt: number;
}

interface RefreshToken {
  userId: string;
  family: string;
  usedAt: number | null;
}

export class Accounts {
  /** The server's clock: a test may move the device's. */
  now: () => number = () => Date.now();
  /** Seconds that new access tokens live. */
  accessSeconds = 900;
  /** How many pairs were given for refresh tokens. */
  refreshes = 0;
  readonly phones = new Map<string, string>();
  readonly #users = new Map<string, string>();
  readonly #access = new Map<string, Access>();
  readonly #refresh = new Map<string, RefreshToken>();
  readonly #revoked = new Set<string>();

  signIn(phone: string) {
    const userId = this.#users.get(phone) ?? randomUUID();
    this.#users.set(phone, userId);
    this.phones.set(userId, phone);
    return { userId, pair: this.#pair(userId, randomUUID()) };
  }

  rotate(refreshToken: string) {
    const token = this.#refresh.get(refreshToken);
    if (!token || this.#revoked.has(token.family)) throw new Refused('TOKEN_INVALID');
    if (token.usedAt !== null && this.now() - token.usedAt > 10_000) {
      this.#revoked.add(token.family);
      throw new Refused('TOKEN_INVALID');
    }
    token.usedAt ??= this.now();
    this.refreshes++;
    return this.#pair(token.userId, token.family);
  }

  check(accessToken: string | undefined): Access {
    if (!accessToken) throw new Refused('UNAUTHORIZED');
    const access = this.#access.get(accessToken);
    if (!access || access.state === 'revoked' || this.#revoked.has(access.family)) {
      throw new Refused('TOKEN_INVALID');
    }
    if (access.state === 'expired' || this.now() > access.endsAt) throw new Refused('TOKEN_EXPIRED');
    return access;
  }

  /** Makes all access tokens given so far expired. */
  expireAll(): void {
    for (const access of this.#access.values()) access.state = 'expired';
  }

  /** Makes a user's sessions void, as signing out elsewhere does. */
  revoke(userId: string): void {
    for (const access of this.#access.values())
      if (access.userId === userId) this.#revoked.add(access.family);
  }

  /** Makes used refresh tokens look as if they had been used long ago. */
  endGrace(): void {
    for (const token of this.#refresh.values()) if (token.usedAt !== null) token.usedAt = 0;
  }

  #pair(userId: string, family: string) {
    const claims = Buffer.from(JSON.stringify({ sub: userId, jti: randomUUID() })).toString('base64url');
    const access_token = `e30.${claims}.x`;
    const refresh_token = randomUUID();
    const endsAt = this.now() + this.accessSeconds * 1000;
    this.#access.set(access_token, { userId, family, state: 'good', endsAt });
    this.#refresh.set(refresh_token, { userId, family, usedAt: null });
    return { access_token, refresh_token, expires_in: this.accessSeconds };
  }
}
