/** Which devices show something of a chat, on PostgreSQL. */
import { Batcher, isUnavailable } from '@parley/core';
import type { Sql } from '../sql.ts';
import { timeOf } from './time.ts';

/** In one order for everybody, here and below, so that calls cannot wait for each other in a circle. */
const writeShown = `
  INSERT INTO push_shown AS s (user_id, chat_id, device_id, shown_at)
  SELECT DISTINCT ON (p.user_id, p.chat_id, p.device_id) p.user_id, p.chat_id, p.device_id, p.at
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS p(user_id, chat_id, device_id, at)
  ORDER BY 1, 2, 3, 4 DESC
  ON CONFLICT (user_id, chat_id, device_id) DO UPDATE SET shown_at = GREATEST(s.shown_at, EXCLUDED.shown_at)`;

const deleteShown = `
  DELETE FROM push_shown s USING (
    SELECT device_id FROM push_shown WHERE user_id = $1 AND chat_id = $2 ORDER BY device_id FOR UPDATE
  ) d
  WHERE s.user_id = $1 AND s.chat_id = $2 AND s.device_id = d.device_id
  RETURNING s.device_id`;

interface Shown {
  userId: string;
  chatId: string;
  deviceId: string;
  now: number;
}

/** What is noted at the same time shares a statement, and its commit. */
export class ShownDevices {
  readonly #batcher: Batcher<Shown, undefined>;

  constructor(sql: Sql) {
    this.#batcher = new Batcher<Shown, undefined>({
      maxSize: 1_000,
      isolate: (error) => !isUnavailable(error),
      run: async (shown) => {
        await write(sql, shown);
        return shown.map(() => undefined);
      },
    });
  }

  /** Errors: `SERVICE_UNAVAILABLE`. */
  async add(userId: string, chatId: string, deviceIds: readonly string[], now: number): Promise<void> {
    await this.#batcher.addAll(deviceIds.map((deviceId) => ({ userId, chatId, deviceId, now })));
  }
}

async function write(sql: Sql, shown: readonly Shown[]): Promise<void> {
  await sql.rows('push-shown', writeShown, [
    shown.map(({ userId }) => userId),
    shown.map(({ chatId }) => chatId),
    shown.map(({ deviceId }) => deviceId),
    shown.map(({ now }) => timeOf(now)),
  ]);
}

export async function takeShown(sql: Sql, userId: string, chatId: string): Promise<string[]> {
  const rows = await sql.rows<{ device_id: string }>('push-take-shown', deleteShown, [userId, chatId]);
  return rows.map((row) => row.device_id);
}
