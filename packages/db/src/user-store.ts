/** Users on PostgreSQL: on prepared SQL (every request reads one), but for signing in, which goes through Prisma. */
import {
  BatchLoader,
  type ProfilePatch,
  type Tell,
  type Told,
  type UserRecord,
  type UserStore,
  unavailable,
} from '@parley/core';
import { avatarsUsed } from './media/avatars.ts';
import { isPrismaUnavailable, type PrismaClient } from './prisma.ts';
import { type Sql, toStoreError } from './sql.ts';
import { raiseUser, writeTold } from './telling.ts';

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

const columns =
  'id, phone, display_name, avatar_url, status_text, last_seen, user_version, created_at, updated_at';

/** Touches the row only where that makes a difference, also when two calls meet: the later one looks again at what the first left. */
const changeProfile = `
  UPDATE users SET
    display_name = COALESCE($2, display_name), status_text = COALESCE($3, status_text),
    avatar_url = COALESCE($4, avatar_url), updated_at = clock_timestamp()
  WHERE id = $1 AND (
    display_name <> COALESCE($2, display_name) OR status_text <> COALESCE($3, status_text)
    OR avatar_url <> COALESCE($4, avatar_url))
  RETURNING ${columns}`;

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
      `SELECT ${columns} FROM users WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, toRecord(row)]));
  }

  async updateProfile(
    id: string,
    patch: ProfilePatch,
    tell: Tell,
  ): Promise<{ user: UserRecord; told: Told | null } | undefined> {
    const changed = await this.#sql.transaction(async (tx) => {
      const [row] = await tx.rows<UserRow>('change-profile', changeProfile, [
        id,
        patch.display_name ?? null,
        patch.status_text ?? null,
        patch.avatar_url ?? null,
      ]);
      if (!row) return undefined;
      const version = await raiseUser(tx, id, 'profile', null);
      if (version === undefined) return undefined;
      return { user: toRecord({ ...row, user_version: version }), told: await writeTold(tx, tell, version) };
    });
    if (changed) return changed;
    const user = await this.find(id);
    return user && { user, told: null };
  }

  avatarsInUse(urls: readonly string[]): Promise<Set<string>> {
    return avatarsUsed(this.#sql, 'users', urls);
  }

  async setLastSeen(id: string, at: Date): Promise<void> {
    await this.#sql.rows(
      'last-seen',
      'UPDATE users SET last_seen = $2 WHERE id = $1 AND (last_seen IS NULL OR last_seen < $2)',
      [id, at],
    );
  }
}
