/** Users on PostgreSQL: reads on prepared SQL (every request needs one), the rest through Prisma. */
import { BatchLoader, type ProfilePatch, type UserRecord, type UserStore, unavailable } from '@parley/core';
import { isPrismaUnavailable, type PrismaClient } from './prisma.ts';
import { type Sql, toStoreError } from './sql.ts';

interface UserRow {
  id: string;
  phone: string;
  display_name: string;
  avatar_url: string;
  status_text: string;
  last_seen: Date | null;
  user_version: number | bigint;
  created_at: Date;
  updated_at: Date;
}

function toRecord(row: UserRow): UserRecord {
  return {
    id: row.id,
    phone: row.phone,
    display_name: row.display_name,
    avatar_url: row.avatar_url,
    status_text: row.status_text,
    last_seen: row.last_seen?.toISOString() ?? null,
    user_version: Number(row.user_version),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** Runs a call to Prisma; what the driver could not do becomes `SERVICE_UNAVAILABLE`. */
export async function withPrisma<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw isPrismaUnavailable(error) ? unavailable('The database', error) : toStoreError(error);
  }
}

export class PostgresUserStore implements UserStore {
  readonly #sql: Sql;
  readonly #prisma: PrismaClient;
  readonly #loader: BatchLoader<string, UserRecord>;

  constructor(sql: Sql, prisma: PrismaClient) {
    this.#sql = sql;
    this.#prisma = prisma;
    this.#loader = new BatchLoader((ids) => this.#load(ids));
  }

  async upsertByPhone(phone: string): Promise<{ user: UserRecord; isNew: boolean }> {
    return withPrisma(this.#upsert(phone));
  }

  async #upsert(phone: string): Promise<{ user: UserRecord; isNew: boolean }> {
    // Of concurrent first sign-ins one inserts; the others find what it made.
    const { count } = await this.#prisma.user.createMany({ data: [{ phone }], skipDuplicates: true });
    const user = await this.#prisma.user.findUniqueOrThrow({ where: { phone } });
    return { user: toRecord(user), isNew: count === 1 };
  }

  find(id: string): Promise<UserRecord | undefined> {
    return this.#loader.load(id);
  }

  async findMany(ids: readonly string[]): Promise<Map<string, UserRecord>> {
    const users = await Promise.all(ids.map((id) => this.#loader.load(id)));
    return new Map(users.flatMap((user) => (user ? [[user.id, user] as const] : [])));
  }

  async #load(ids: string[]): Promise<Map<string, UserRecord>> {
    const rows = await this.#sql.rows<UserRow>(
      'users',
      `SELECT id, phone, display_name, avatar_url, status_text, last_seen, user_version, created_at, updated_at
       FROM users WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, toRecord(row)]));
  }

  async updateProfile(id: string, patch: ProfilePatch): Promise<UserRecord | undefined> {
    const changes = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    if (Object.keys(changes).length === 0) return this.find(id);
    return withPrisma(
      this.#prisma.$transaction(async (tx) => {
        // The update holds the row until the commit, so versions become visible in their order.
        const [user] = await tx.user.updateManyAndReturn({
          where: { id },
          data: { ...changes, user_version: { increment: 1 }, updated_at: new Date() },
        });
        if (!user) return undefined;
        await tx.userChange.create({ data: { user_id: id, version: user.user_version, kind: 'profile' } });
        return toRecord(user);
      }),
    );
  }

  async setLastSeen(id: string, at: Date): Promise<void> {
    await this.#sql.rows(
      'last-seen',
      'UPDATE users SET last_seen = $2 WHERE id = $1 AND (last_seen IS NULL OR last_seen < $2)',
      [id, at],
    );
  }
}
