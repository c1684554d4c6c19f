/** Messages on PostgreSQL. Numbers, idempotency and the outbox live in `parley_append` (see prisma/migrations). */
import {
  type AppendResult,
  BatchLoader,
  type MessageStore,
  type NewMessage,
  type StoredMessage,
} from '@parley/core';
import { hasCode, type Sql } from './sql.ts';

/** The outbox ids to forget with the next commit. */
export interface PublishedIds {
  takePublished(): string[];
  returnPublished(ids: readonly string[]): void;
}

const columns =
  'message_id, chat_id, seq, version, sender_id, client_msg_id, type, payload, reply_to_message_id, forwarded_from, reactions, is_deleted, fingerprint, created_at, updated_at, edited_at';

interface MessageRow {
  message_id: string;
  chat_id: string;
  seq: number;
  version: number;
  sender_id: string;
  client_msg_id: string;
  type: StoredMessage['type'];
  payload: StoredMessage['payload'];
  reply_to_message_id: string | null;
  forwarded_from: StoredMessage['forwarded_from'];
  reactions: StoredMessage['reactions'];
  is_deleted: boolean;
  fingerprint: string;
  created_at: Date;
  updated_at: Date;
  edited_at: Date | null;
}

function toStored(row: MessageRow): StoredMessage {
  const { fingerprint: _internal, created_at, updated_at, edited_at, ...rest } = row;
  return {
    ...rest,
    forwarded: rest.forwarded_from !== null,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
    edited_at: edited_at?.toISOString() ?? null,
  };
}

/** What was stored first under an id, and what tells it from something else. */
type Known = NonNullable<Awaited<ReturnType<MessageStore['known']>>>;

const uniqueViolation = '23505';
/** How often a batch that collided with another process's is tried again. */
const collisions = 5;

export class PostgresMessageStore implements MessageStore {
  readonly #sql: Sql;
  readonly #published: PublishedIds;
  readonly #loader: BatchLoader<string, StoredMessage>;

  constructor(sql: Sql, published: PublishedIds) {
    this.#sql = sql;
    this.#published = published;
    this.#loader = new BatchLoader((ids) => this.#load(ids));
  }

  async append(messages: readonly NewMessage[]): Promise<AppendResult[]> {
    // Equal ids in one batch: the first is stored, the others learn of it.
    const firsts = new Map<string, NewMessage>();
    for (const message of messages) {
      const key = message.sender_id + message.client_msg_id;
      if (!firsts.has(key)) firsts.set(key, message);
    }
    const distinct = [...firsts.values()];
    const stored = await this.#appendDistinct(distinct);
    const results = new Map<NewMessage, AppendResult>();
    distinct.forEach((message, index) => {
      const row = stored.get(index + 1);
      if (row) results.set(message, { outcome: 'stored', ...row });
    });
    const known = await this.#known(messages.filter((message) => !results.has(message)));
    return messages.map((message): AppendResult => {
      const result = results.get(message);
      if (result) return result;
      const first = known.get(message.sender_id + message.client_msg_id);
      if (!first) throw new Error('a message was neither stored nor known');
      return { outcome: 'known', ...first };
    });
  }

  async #appendDistinct(
    batch: NewMessage[],
  ): Promise<Map<number, { seq: number; version: number; outboxId: string }>> {
    const published = this.#published.takePublished();
    const values = [
      batch.map((m) => m.message_id),
      batch.map((m) => m.chat_id),
      batch.map((m) => m.sender_id),
      batch.map((m) => m.client_msg_id),
      batch.map((m) => m.type),
      batch.map((m) => JSON.stringify(m.payload)),
      batch.map((m) => m.reply_to_message_id),
      batch.map((m) => m.fingerprint),
      batch.map((m) => m.created_at),
      batch.map((m) => JSON.stringify(m.context)),
      published,
    ];
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const rows = await this.#sql.rows<{
            ord: number;
            new_seq: number;
            new_version: number;
            outbox_id: number;
          }>(
            'append',
            'SELECT ord, new_seq, new_version, outbox_id FROM parley_append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)',
            values,
          );
          return new Map(
            rows.map((row) => [
              row.ord,
              { seq: row.new_seq, version: row.new_version, outboxId: String(row.outbox_id) },
            ]),
          );
        } catch (error) {
          // Another process stored one of these ids meanwhile: the next try finds it.
          if (!hasCode(error, uniqueViolation) || attempt === collisions) throw error;
        }
      }
    } catch (error) {
      this.#published.returnPublished(published);
      throw error;
    }
  }

  async known(senderId: string, clientMsgId: string): Promise<Known | undefined> {
    const found = await this.#known([{ sender_id: senderId, client_msg_id: clientMsgId }]);
    return found.get(senderId + clientMsgId);
  }

  /** First messages by (sender, client_msg_id). */
  async #known(
    messages: readonly Pick<NewMessage, 'sender_id' | 'client_msg_id'>[],
  ): Promise<Map<string, Known>> {
    if (messages.length === 0) return new Map();
    const rows = await this.#sql.rows<MessageRow>(
      'known',
      `SELECT ${columns} FROM unnest($1::uuid[], $2::uuid[]) AS k(s, c)
       JOIN LATERAL (SELECT * FROM messages m WHERE m.sender_id = k.s AND m.client_msg_id = k.c LIMIT 1) m ON true`,
      [messages.map((m) => m.sender_id), messages.map((m) => m.client_msg_id)],
    );
    return new Map(
      rows.map((row) => [
        row.sender_id + row.client_msg_id,
        { message: toStored(row), fingerprint: row.fingerprint },
      ]),
    );
  }

  async byIds(ids: readonly string[]): Promise<Map<string, StoredMessage>> {
    const found = await Promise.all([...new Set(ids)].map((id) => this.#loader.load(id)));
    return new Map(found.flatMap((message) => (message ? [[message.message_id, message] as const] : [])));
  }

  async #load(ids: string[]): Promise<Map<string, StoredMessage>> {
    const rows = await this.#sql.rows<MessageRow>(
      'by-ids',
      `SELECT ${columns} FROM messages WHERE message_id = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.message_id, toStored(row)]));
  }

  async page(input: {
    chatId: string;
    before: number | null;
    after: number;
    upTo: number | null;
    limit: number;
  }): Promise<StoredMessage[]> {
    const newest = Math.min(
      input.upTo ?? Number.MAX_SAFE_INTEGER,
      (input.before ?? Number.MAX_SAFE_INTEGER) - 1,
    );
    const rows = await this.#sql.rows<MessageRow>(
      'page',
      `SELECT ${columns} FROM messages WHERE chat_id = $1 AND seq <= $2 AND seq > $3 ORDER BY seq DESC LIMIT $4`,
      [input.chatId, newest, input.after, input.limit],
    );
    return rows.map(toStored);
  }

  async others(
    spans: readonly { chatId: string; userId: string; from: number; to: number; limit: number }[],
  ): Promise<{ message_id: string; sender_id: string; seq: number }[][]> {
    const rows = await this.#sql.rows<{ ord: number; message_id: string; sender_id: string; seq: number }>(
      'others',
      `SELECT s.ord, m.message_id, m.sender_id, m.seq
       FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::int[]) WITH ORDINALITY
         AS s(chat_id, user_id, lo, hi, most, ord)
       JOIN LATERAL (
         SELECT m.message_id, m.sender_id, m.seq FROM messages m
         WHERE m.chat_id = s.chat_id AND m.seq > s.lo AND m.seq <= s.hi AND m.sender_id <> s.user_id
         ORDER BY m.seq DESC LIMIT s.most
       ) m ON true
       ORDER BY s.ord, m.seq DESC`,
      [
        spans.map((span) => span.chatId),
        spans.map((span) => span.userId),
        spans.map((span) => span.from),
        spans.map((span) => span.to),
        spans.map((span) => span.limit),
      ],
    );
    const result: { message_id: string; sender_id: string; seq: number }[][] = spans.map(() => []);
    for (const { ord, ...message } of rows) result[ord - 1]?.push(message);
    return result;
  }

  async countUnread(input: {
    chatId: string;
    userId: string;
    after: number;
    upTo: number | null;
  }): Promise<number> {
    const rows = await this.#sql.rows<{ count: number }>(
      'unread',
      `SELECT count(*) AS count FROM messages
       WHERE chat_id = $1 AND seq > $2 AND seq <= $3 AND sender_id <> $4 AND NOT is_deleted AND type <> 'system'`,
      [input.chatId, input.after, input.upTo ?? Number.MAX_SAFE_INTEGER, input.userId],
    );
    return rows[0]?.count ?? 0;
  }

  async heads(chatIds: readonly string[]): Promise<Map<string, { seq: number; version: number }>> {
    const rows = await this.#sql.rows<{ chat_id: string; last_seq: number; last_version: number }>(
      'heads',
      'SELECT chat_id, last_seq, last_version FROM message_heads WHERE chat_id = ANY($1::uuid[])',
      [chatIds],
    );
    return new Map(rows.map((row) => [row.chat_id, { seq: row.last_seq, version: row.last_version }]));
  }
}
