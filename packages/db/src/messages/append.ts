/** Storing batches. Numbers, idempotency and the outbox live in `parley_append` (see prisma/migrations). */
import type { AppendResult, MessageStore, NewMessage } from '@parley/core';
import { hasCode, type Sql } from '../sql.ts';
import { type BlockIndexer, blockSize } from './indexer.ts';
import { columns, type MessageRow, toStored } from './rows.ts';
import { wordsOf } from './words.ts';

/** The outbox ids to forget with the next commit. */
export interface PublishedIds {
  takePublished(): string[];
  returnPublished(ids: readonly string[]): void;
}

/** What was stored first under an id, and what tells it from something else. */
export type Known = NonNullable<Awaited<ReturnType<MessageStore['known']>>>;

interface Numbers {
  seq: number;
  version: number;
  outboxId: string;
}

const uniqueViolation = '23505';
/** How often a batch that collided with another process's is tried again. */
const collisions = 5;

export class MessageAppender {
  readonly #sql: Sql;
  readonly #published: PublishedIds;
  readonly #indexer: BlockIndexer;

  constructor(sql: Sql, published: PublishedIds, indexer: BlockIndexer) {
    this.#sql = sql;
    this.#published = published;
    this.#indexer = indexer;
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
    const complete: string[] = [];
    distinct.forEach((message, index) => {
      const row = stored.get(index + 1);
      if (!row) return;
      results.set(message, { outcome: 'stored', ...row });
      if (row.seq % blockSize === 0) complete.push(message.chat_id);
    });
    this.#indexer.add(complete);
    const known = await this.known(messages.filter((message) => !results.has(message)));
    return messages.map((message): AppendResult => {
      const result = results.get(message);
      if (result) return result;
      const first = known.get(message.sender_id + message.client_msg_id);
      if (!first) throw new Error('a message was neither stored nor known');
      return { outcome: 'known', ...first };
    });
  }

  async #appendDistinct(batch: NewMessage[]): Promise<Map<number, Numbers>> {
    const published = this.#published.takePublished();
    const values = [
      batch.map((m) => m.message_id),
      batch.map((m) => m.chat_id),
      batch.map((m) => m.sender_id),
      batch.map((m) => m.client_msg_id),
      batch.map((m) => m.type),
      batch.map((m) => JSON.stringify(m.payload)),
      batch.map((m) => m.reply_to_message_id),
      batch.map((m) => m.forwarded_from && JSON.stringify(m.forwarded_from)),
      batch.map((m) => m.fingerprint),
      batch.map((m) => m.created_at),
      batch.map((m) => m.expires_at),
      batch.map((m) => wordsOf(m.tokens)),
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
            'SELECT ord, new_seq, new_version, outbox_id FROM parley_append($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)',
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

  /** First messages by (sender, client_msg_id). */
  async known(
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
}
