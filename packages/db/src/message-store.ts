/** Messages on PostgreSQL. */
import {
  type AppendResult,
  BatchLoader,
  type ChangeResult,
  type MessageChange,
  type MessageStore,
  type NewMessage,
  type StoredMessage,
} from '@parley/core';
import { type Known, MessageAppender, type PublishedIds } from './messages/append.ts';
import { findCarried, findCarriers, isCarriedIn } from './messages/carriers.ts';
import { changeMessages } from './messages/change.ts';
import { countUnread, findActivity, findNewest } from './messages/counts.ts';
import { BlockIndexer } from './messages/indexer.ts';
import { columns, type MessageRow, noEnd, toStored } from './messages/rows.ts';
import { searchChat } from './messages/search.ts';
import { searchChats } from './messages/search-chats.ts';
import { between, changedSince, newerHeads } from './messages/sync.ts';
import type { Sql } from './sql.ts';

export type { PublishedIds } from './messages/append.ts';

type Other = Awaited<ReturnType<MessageStore['others']>>[number][number];

export class PostgresMessageStore implements MessageStore {
  readonly #sql: Sql;
  readonly #appender: MessageAppender;
  readonly #loader: BatchLoader<string, StoredMessage>;

  constructor(sql: Sql, published: PublishedIds) {
    this.#sql = sql;
    this.#appender = new MessageAppender(sql, published, new BlockIndexer(sql));
    this.#loader = new BatchLoader((ids) => this.#load(ids));
  }

  append(messages: readonly NewMessage[]): Promise<AppendResult[]> {
    return this.#appender.append(messages);
  }

  change(changes: readonly MessageChange[]): Promise<ChangeResult[]> {
    return changeMessages(this.#sql, changes);
  }

  async known(senderId: string, clientMsgId: string): Promise<Known | undefined> {
    const found = await this.#appender.known([{ sender_id: senderId, client_msg_id: clientMsgId }]);
    return found.get(senderId + clientMsgId);
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

  async page(input: Parameters<MessageStore['page']>[0]): Promise<StoredMessage[]> {
    const newest = Math.min(input.upTo ?? noEnd, (input.before ?? noEnd) - 1);
    const rows = await this.#sql.rows<MessageRow>(
      'page',
      `SELECT ${columns} FROM messages WHERE chat_id = $1 AND seq <= $2 AND seq > $3 ORDER BY seq DESC LIMIT $4`,
      [input.chatId, newest, input.after, input.limit],
    );
    return rows.map(toStored);
  }

  async others(spans: Parameters<MessageStore['others']>[0]): Promise<Other[][]> {
    const rows = await this.#sql.rows<{ ord: number } & Other>(
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
    const result: Other[][] = spans.map(() => []);
    for (const { ord, ...message } of rows) result[ord - 1]?.push(message);
    return result;
  }

  unread(asks: Parameters<MessageStore['unread']>[0], now: string): Promise<number[]> {
    return countUnread(this.#sql, asks, now);
  }

  newest(asks: Parameters<MessageStore['newest']>[0], now: string): Promise<(StoredMessage | undefined)[]> {
    return findNewest(this.#sql, asks, now);
  }

  activity(chatIds: readonly string[], asOf?: string): Promise<Map<string, string>> {
    return findActivity(this.#sql, chatIds, asOf);
  }

  async heads(chatIds: readonly string[]): Promise<Map<string, { seq: number; version: number }>> {
    const rows = await this.#sql.rows<{ chat_id: string; last_seq: number; last_version: number }>(
      'heads',
      'SELECT chat_id, last_seq, last_version FROM message_heads WHERE chat_id = ANY($1::uuid[])',
      [chatIds],
    );
    return new Map(rows.map((row) => [row.chat_id, { seq: row.last_seq, version: row.last_version }]));
  }

  newerHeads(
    ...[known, limit]: Parameters<MessageStore['newerHeads']>
  ): ReturnType<MessageStore['newerHeads']> {
    return newerHeads(this.#sql, known, limit);
  }

  changedSince(asks: Parameters<MessageStore['changedSince']>[0]): Promise<StoredMessage[][]> {
    return changedSince(this.#sql, asks);
  }

  between(stretches: Parameters<MessageStore['between']>[0]): Promise<StoredMessage[]> {
    return between(this.#sql, stretches);
  }

  expired(now: string, limit: number): Promise<{ message_id: string; chat_id: string }[]> {
    return this.#sql.rows(
      'expired',
      `SELECT message_id, chat_id FROM messages
       WHERE expires_at IS NOT NULL AND NOT is_deleted AND expires_at <= $1 ORDER BY expires_at LIMIT $2`,
      [now, limit],
    );
  }

  carriers(...[mediaId, limit]: Parameters<MessageStore['carriers']>): ReturnType<MessageStore['carriers']> {
    return findCarriers(this.#sql, mediaId, limit);
  }

  carried(mediaIds: readonly string[]): Promise<Set<string>> {
    return findCarried(this.#sql, mediaIds);
  }

  carriedIn(...[mediaId, windows, now]: Parameters<MessageStore['carriedIn']>): Promise<boolean> {
    return isCarriedIn(this.#sql, mediaId, windows, now);
  }

  searchChat(input: Parameters<MessageStore['searchChat']>[0]): Promise<StoredMessage[]> {
    return searchChat(this.#sql, input);
  }

  searchChats(input: Parameters<MessageStore['searchChats']>[0]): Promise<StoredMessage[]> {
    return searchChats(this.#sql, input);
  }
}
