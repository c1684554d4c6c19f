/** Push tokens of devices on PostgreSQL. */
import { AppError, BatchLoader, type DeviceToken, type DeviceTokenStore } from '@parley/core';
import type { Sql, Transaction } from './sql.ts';

/** Sets the advisory locks of this store apart from others. */
const lockSpace = 0x70757368;

/** Whatever signs the session out waits for this, or this for it. A session without refresh tokens is nobody's to sign out. */
const sessionGoesOn = `
  WITH live AS MATERIALIZED (
    SELECT 1 FROM refresh_tokens WHERE session_id = $1 AND NOT revoked LIMIT 1 FOR KEY SHARE
  )
  SELECT EXISTS (SELECT 1 FROM live) OR NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE session_id = $1) AS open`;

/** Keeps the id where nothing moves; a token that changes hands is another device. */
const upsertToken = `
  INSERT INTO device_tokens AS d (user_id, session_id, token, platform)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT (token) DO UPDATE SET
    id = CASE WHEN d.user_id = $1 AND d.session_id = $2 THEN d.id ELSE EXCLUDED.id END,
    created_at = CASE WHEN d.user_id = $1 AND d.session_id = $2 THEN d.created_at ELSE EXCLUDED.created_at END,
    user_id = $1, session_id = $2, platform = $4, updated_at = clock_timestamp()`;

const expireTokens = `
  WITH old AS MATERIALIZED (
    SELECT id FROM device_tokens WHERE updated_at < $1::timestamptz ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED
  )
  DELETE FROM device_tokens d USING old WHERE d.id = old.id RETURNING 1`;

/** Errors of all methods: `SERVICE_UNAVAILABLE`. */
export class PostgresDeviceTokenStore implements DeviceTokenStore {
  readonly #sql: Sql;
  readonly #loader: BatchLoader<string, DeviceToken[]>;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#loader = new BatchLoader((userIds) => this.#load(userIds), 2_000);
  }

  /** Errors: `UNAUTHORIZED` where the session was signed out meanwhile. */
  register(input: Parameters<DeviceTokenStore['register']>[0]): Promise<void> {
    return this.#sql.transaction((tx) => register(tx, input));
  }

  async remove(userId: string, sessionId: string): Promise<boolean> {
    const rows = await this.#sql.rows(
      'device-remove',
      'DELETE FROM device_tokens WHERE user_id = $1 AND session_id = $2 RETURNING 1',
      [userId, sessionId],
    );
    return rows.length > 0;
  }

  async of(userIds: readonly string[]): Promise<Map<string, DeviceToken[]>> {
    const ids = [...new Set(userIds)];
    const found = await Promise.all(ids.map((id) => this.#loader.load(id)));
    return new Map(ids.flatMap((id, n) => (found[n] ? [[id, [...found[n]]] as const] : [])));
  }

  async #load(userIds: string[]): Promise<Map<string, DeviceToken[]>> {
    const rows = await this.#sql.rows<DeviceToken>(
      'device-tokens',
      `SELECT d.id, d.user_id, d.token, d.platform, d.session_id
       FROM unnest($1::uuid[]) AS u(id)
       CROSS JOIN LATERAL (SELECT * FROM device_tokens WHERE user_id = u.id ORDER BY created_at, id OFFSET 0) d`,
      [userIds],
    );
    const found = new Map<string, DeviceToken[]>();
    for (const row of rows) {
      const devices = found.get(row.user_id);
      if (devices) devices.push(row);
      else found.set(row.user_id, [row]);
    }
    return found;
  }

  async drop(device: Pick<DeviceToken, 'id' | 'token'>): Promise<void> {
    await this.#sql.rows('device-drop', 'DELETE FROM device_tokens WHERE id = $1 AND token = $2', [
      device.id,
      device.token,
    ]);
  }

  async expire(before: Date, limit: number): Promise<number> {
    return (await this.#sql.rows('device-expire', expireTokens, [before.toISOString(), limit])).length;
  }
}

async function register(
  tx: Transaction,
  { userId, sessionId, token, platform }: Parameters<DeviceTokenStore['register']>[0],
): Promise<void> {
  // Two new tokens of one session have no row in common that could be locked.
  await tx.rows('device-lock', `SELECT pg_advisory_xact_lock(${lockSpace}, hashtext($1))`, [sessionId]);
  const [session] = await tx.rows<{ open: boolean }>('device-session', sessionGoesOn, [sessionId]);
  if (!session?.open) throw new AppError('UNAUTHORIZED', 'This session was signed out');
  // Both rows in one order for everybody: two sessions that swap tokens would wait for each other otherwise.
  await tx.rows(
    'device-rows',
    'SELECT 1 FROM device_tokens WHERE token = $1 OR session_id = $2 ORDER BY id FOR UPDATE',
    [token, sessionId],
  );
  await tx.rows('device-others', 'DELETE FROM device_tokens WHERE session_id = $1 AND token <> $2', [
    sessionId,
    token,
  ]);
  await tx.rows('device-upsert', upsertToken, [userId, sessionId, token, platform]);
}
