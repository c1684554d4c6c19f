/** Sessions and their refresh tokens on PostgreSQL, through Prisma. */
import { limits } from '@parley/contract';
import type { NewSession, Rotation, SessionRecord, SessionStore } from '@parley/core';
import type { PrismaClient } from './prisma.ts';
import { withPrisma } from './user-store.ts';

export class PostgresSessionStore implements SessionStore {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async create(session: NewSession): Promise<void> {
    await withPrisma(
      this.#prisma.refreshToken.create({
        data: {
          user_id: session.userId,
          session_id: session.sessionId,
          token_hash: session.tokenHash,
          expires_at: session.expiresAt,
          device_name: session.deviceName,
          device_platform: session.devicePlatform,
        },
      }),
    );
  }

  rotate(input: Parameters<SessionStore['rotate']>[0]): Promise<Rotation> {
    return withPrisma(this.#rotate(input));
  }

  async #rotate(input: Parameters<SessionStore['rotate']>[0]): Promise<Rotation> {
    return this.#prisma.$transaction(async (tx): Promise<Rotation> => {
      const token = await tx.refreshToken.findUnique({
        where: { token_hash: input.tokenHash },
        include: { user: { select: { phone: true } } },
      });
      if (!token) return { outcome: 'unknown' };
      // Everything that ends or rotates this family takes the same lock, so a revoked family gets no successor.
      await tx.$queryRaw`SELECT id FROM refresh_tokens WHERE session_id = ${token.session_id}::uuid ORDER BY id FOR UPDATE`;
      const current = await tx.refreshToken.findUniqueOrThrow({ where: { id: token.id } });
      if (current.revoked) return { outcome: 'revoked', sessionId: current.session_id };
      if (current.expires_at <= input.now) return { outcome: 'expired' };
      const { user_id: userId, session_id: sessionId } = current;
      const graceEnds =
        (current.rotated_at?.getTime() ?? Number.POSITIVE_INFINITY) + input.graceSeconds * 1000;
      if (input.now.getTime() > graceEnds) {
        await tx.refreshToken.updateMany({ where: { session_id: sessionId }, data: { revoked: true } });
        await tx.deviceToken.deleteMany({ where: { session_id: sessionId } });
        return { outcome: 'stolen', userId, sessionId };
      }
      if (current.rotated_at === null) {
        await tx.refreshToken.update({ where: { id: current.id }, data: { rotated_at: input.now } });
      }
      await tx.refreshToken.create({
        data: {
          user_id: userId,
          session_id: sessionId,
          token_hash: input.newHash,
          expires_at: input.newExpiresAt,
          device_name: current.device_name,
          device_platform: current.device_platform,
        },
      });
      return { outcome: 'rotated', userId, sessionId, phone: token.user.phone };
    });
  }

  async sessionOf(tokenHash: string): Promise<{ userId: string; sessionId: string } | undefined> {
    const token = await withPrisma(
      this.#prisma.refreshToken.findUnique({ where: { token_hash: tokenHash } }),
    );
    return token ? { userId: token.user_id, sessionId: token.session_id } : undefined;
  }

  revoke(userId: string, sessionIds: readonly string[] | 'all'): Promise<string[]> {
    const which = sessionIds === 'all' ? {} : { session_id: { in: [...sessionIds] } };
    return withPrisma(
      this.#prisma.$transaction(async (tx) => {
        // Waits for refreshes under way, so that the update below sees the successors they made.
        await tx.$queryRaw`SELECT id FROM refresh_tokens WHERE user_id = ${userId}::uuid ORDER BY id FOR UPDATE`;
        const revoked = await tx.refreshToken.updateManyAndReturn({
          where: { user_id: userId, revoked: false, ...which },
          data: { revoked: true },
          select: { session_id: true },
        });
        // An access token is given out together with a refresh token, so these may still have a live one.
        const recent = await tx.refreshToken.findMany({
          where: {
            user_id: userId,
            created_at: { gte: new Date(Date.now() - limits.accessTokenSeconds * 1000) },
            ...which,
          },
          select: { session_id: true },
        });
        const ids = [...new Set([...revoked, ...recent].map((token) => token.session_id))];
        await tx.deviceToken.deleteMany({
          where: {
            user_id: userId,
            session_id: { in: sessionIds === 'all' ? ids : [...sessionIds, ...ids] },
          },
        });
        return ids;
      }),
    );
  }

  async list(userId: string, now: Date): Promise<SessionRecord[]> {
    // All tokens of a session say the same of its device; the first tells when it signed in, the last when it was renewed.
    const sessions = await withPrisma(
      this.#prisma.refreshToken.groupBy({
        by: ['session_id', 'device_name', 'device_platform'],
        where: { user_id: userId, revoked: false },
        having: { expires_at: { _max: { gt: now } } },
        _min: { created_at: true },
        _max: { created_at: true },
        orderBy: [{ _max: { created_at: 'desc' } }, { session_id: 'asc' }],
      }),
    );
    return sessions.map(({ _min, _max, ...session }) => ({
      ...session,
      created_at: (_min.created_at ?? now).toISOString(),
      renewed_at: (_max.created_at ?? now).toISOString(),
    }));
  }

  async isOf(userId: string, sessionId: string): Promise<boolean> {
    const where = { user_id: userId, session_id: sessionId };
    return (await withPrisma(this.#prisma.refreshToken.findFirst({ where, select: { id: true } }))) !== null;
  }

  forget(before: Date, limit: number): Promise<number> {
    return withPrisma(this.#forget(before, limit));
  }

  /**
   * A session is over when its last token is: until then its rotated ones tell theft. Every session keeps one that was never rotated, by
   * which it is found; so that goes last, where a session has more tokens than one call may delete.
   */
  async #forget(before: Date, limit: number): Promise<number> {
    const since = before.toISOString();
    const forget = (tx: Pick<PrismaClient, '$queryRaw'>) => tx.$queryRaw<{ tokens: number }[]>`
      WITH over AS MATERIALIZED (
        SELECT DISTINCT session_id FROM (
          SELECT session_id FROM refresh_tokens last
          WHERE rotated_at IS NULL AND expires_at < ${since}::timestamptz AND NOT EXISTS (
            SELECT 1 FROM refresh_tokens other
            WHERE other.session_id = last.session_id AND other.expires_at >= ${since}::timestamptz)
          ORDER BY expires_at LIMIT ${limit}::int
        ) found
      ), doomed AS MATERIALIZED (
        SELECT token.id FROM over CROSS JOIN LATERAL (
          SELECT id FROM refresh_tokens WHERE session_id = over.session_id
          ORDER BY rotated_at NULLS LAST LIMIT ${limit}::int
        ) token
        LIMIT ${limit}::int
      ), locked AS MATERIALIZED (
        -- In the order in which everybody locks tokens.
        SELECT id FROM refresh_tokens WHERE id IN (SELECT id FROM doomed) ORDER BY id FOR UPDATE
      ), gone AS (
        DELETE FROM refresh_tokens USING locked WHERE refresh_tokens.id = locked.id RETURNING session_id
      ), devices AS (
        DELETE FROM device_tokens WHERE session_id IN (SELECT session_id FROM gone)
      )
      SELECT count(*)::int AS tokens FROM gone`;
    // In a transaction, whose beginning tells of a database that is away; a raw query alone does not.
    const [forgotten] = await this.#prisma.$transaction((tx) => forget(tx));
    return forgotten?.tokens ?? 0;
  }
}
