/** Which devices show something of a chat, on PostgreSQL. */
import type { Sql } from '../sql.ts';
import { timeOf } from './time.ts';

/** In one order for everybody, here and below, so that calls cannot wait for each other in a circle. */
const writeShown = `
  INSERT INTO push_shown AS s (user_id, chat_id, device_id, shown_at)
  SELECT $1, $2, d.id, $4::timestamptz FROM (SELECT DISTINCT id FROM unnest($3::uuid[]) AS id ORDER BY id) d
  ON CONFLICT (user_id, chat_id, device_id) DO UPDATE SET shown_at = GREATEST(s.shown_at, EXCLUDED.shown_at)`;

const deleteShown = `
  DELETE FROM push_shown s USING (
    SELECT device_id FROM push_shown WHERE user_id = $1 AND chat_id = $2 ORDER BY device_id FOR UPDATE
  ) d
  WHERE s.user_id = $1 AND s.chat_id = $2 AND s.device_id = d.device_id
  RETURNING s.device_id`;

export async function shown(
  sql: Sql,
  userId: string,
  chatId: string,
  deviceIds: readonly string[],
  now: number,
): Promise<void> {
  if (deviceIds.length === 0) return;
  await sql.rows('push-shown', writeShown, [userId, chatId, deviceIds, timeOf(now)]);
}

export async function takeShown(sql: Sql, userId: string, chatId: string): Promise<string[]> {
  const rows = await sql.rows<{ device_id: string }>('push-take-shown', deleteShown, [userId, chatId]);
  return rows.map((row) => row.device_id);
}
