/** Forgets what workers remembered of pushes for a day. */
import type { Sql } from '../sql.ts';
import { timeOf } from './time.ts';

const dayMs = 24 * 3600 * 1000;
/** Rows in one statement: nobody waits long for it. */
const batchSize = 1_000;

/** `age` has an index, and `also` is what it asks for besides. */
const remembered = [
  { name: 'claims', table: 'push_claims', keys: ['message_id', 'device_id'], age: 'claimed_at' },
  { name: 'notes', table: 'push_notes', keys: ['message_id', 'user_id'], age: 'noted_at' },
  { name: 'shown', table: 'push_shown', keys: ['user_id', 'chat_id', 'device_id'], age: 'shown_at' },
  { name: 'taken', table: 'push_taken_windows', keys: ['lease'], age: 'taken_at' },
  // Of no use to anybody any more: the phones have shown newer things, or the messages themselves, since.
  { name: 'open', table: 'push_windows', keys: ['chat_id', 'user_id'], age: 'due_at', also: 'is_open' },
  { name: 'past', table: 'push_windows', keys: ['chat_id', 'user_id'], age: 'due_at', also: 'NOT is_open' },
];

const statements = remembered.map(({ name, table, keys, age, also = 'true' }) => ({
  name: `push-sweep-${name}`,
  // What somebody writes at this moment is not old, or goes the next time.
  text: `WITH old AS MATERIALIZED (
           SELECT ${keys.join(', ')} FROM ${table} WHERE ${also} AND ${age} < $1::timestamptz ORDER BY ${age} LIMIT $2
           FOR UPDATE SKIP LOCKED
         ), gone AS (
           DELETE FROM ${table} t USING old WHERE ${keys.map((key) => `t.${key} = old.${key}`).join(' AND ')}
           RETURNING 1
         )
         SELECT count(*) AS count FROM gone`,
}));

export async function sweep(sql: Sql, now: number): Promise<void> {
  for (const { name, text } of statements) {
    let gone: number;
    do {
      const rows = await sql.rows<{ count: number }>(name, text, [timeOf(now - dayMs), batchSize]);
      gone = rows[0]?.count ?? 0;
    } while (gone === batchSize);
  }
}
