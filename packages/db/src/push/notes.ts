/** Why users were pushed messages, or were not, on PostgreSQL. */
import { Batcher, BatchLoader, isUnavailable, type PushNote } from '@parley/core';
import type { Sql } from '../sql.ts';
import { timeOf } from './time.ts';

const keyOf = (messageId: string, userId: string) => `${messageId}/${userId}`;

/** In one order for everybody, so that notes cannot wait for each other in a circle. */
const writeNotes = `
  INSERT INTO push_notes AS n (message_id, user_id, reason, detail, noted_at)
  SELECT p.message_id, p.user_id, p.reason, p.detail, p.at
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) AS p(message_id, user_id, reason, detail, at)
  ORDER BY 1, 2
  ON CONFLICT (message_id, user_id) DO UPDATE
    SET reason = EXCLUDED.reason, detail = EXCLUDED.detail, noted_at = EXCLUDED.noted_at
    WHERE n.noted_at <= EXCLUDED.noted_at`;

type Written = PushNote & { now: number };

async function write(sql: Sql, notes: readonly Written[]): Promise<void> {
  // A statement writes a row once: of several notes the latest counts, and the last of those of one time.
  const last = new Map<string, Written>();
  for (const note of notes) {
    const key = keyOf(note.messageId, note.userId);
    if ((last.get(key)?.now ?? note.now) <= note.now) last.set(key, note);
  }
  const rows = [...last.values()];
  await sql.rows('push-note', writeNotes, [
    rows.map(({ messageId }) => messageId),
    rows.map(({ userId }) => userId),
    rows.map(({ reason }) => reason),
    rows.map(({ detail }) => detail && storable(detail)),
    rows.map(({ now }) => timeOf(now)),
  ]);
}

interface NoteRow {
  message_id: string;
  user_id: string;
  reason: PushNote['reason'];
  detail: string | null;
  noted_at: Date;
}

/** Writes notes and looks them up, batched: calls at the same time share a statement. Nothing is remembered beyond it. */
export class Notes {
  readonly #loader: BatchLoader<string, PushNote & { at: number }>;
  readonly #batcher: Batcher<Written, undefined>;

  constructor(sql: Sql) {
    this.#loader = new BatchLoader((keys) => find(sql, keys), 2_000);
    this.#batcher = new Batcher<Written, undefined>({
      maxSize: 1_000,
      isolate: (error) => !isUnavailable(error),
      run: async (notes) => {
        await write(sql, notes);
        return notes.map(() => undefined);
      },
    });
  }

  /** Errors: `SERVICE_UNAVAILABLE`. */
  async add(notes: readonly PushNote[], now: number): Promise<void> {
    await this.#batcher.addAll(notes.map((note) => ({ ...note, now })));
  }

  /** Errors: `SERVICE_UNAVAILABLE`. */
  find(messageId: string, userId: string): Promise<(PushNote & { at: number }) | undefined> {
    return this.#loader.load(keyOf(messageId, userId));
  }
}

async function find(sql: Sql, keys: string[]): Promise<Map<string, PushNote & { at: number }>> {
  const ids = keys.map((key) => key.split('/'));
  const rows = await sql.rows<NoteRow>(
    'push-why',
    `SELECT n.message_id, n.user_id, n.reason, n.detail, n.noted_at
     FROM unnest($1::uuid[], $2::uuid[]) AS p(message_id, user_id)
     CROSS JOIN LATERAL (
       SELECT * FROM push_notes WHERE message_id = p.message_id AND user_id = p.user_id OFFSET 0
     ) n`,
    [ids.map(([messageId]) => messageId), ids.map(([, userId]) => userId)],
  );
  return new Map(
    rows.map(({ message_id: messageId, user_id: userId, reason, detail, noted_at }) => [
      keyOf(messageId, userId),
      { messageId, userId, reason, detail, at: noted_at.getTime() },
    ]),
  );
}

/** PostgreSQL takes neither NUL nor half a surrogate pair, and what a push service says may hold anything. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
