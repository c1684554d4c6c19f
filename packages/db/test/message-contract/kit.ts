/** What the parts of the message stores' contract suite share. */
import { randomUUID } from 'node:crypto';
import type {
  AppendResult,
  CommittedChange,
  EventContext,
  MessageChange,
  MessageStore,
  NewMessage,
  OutboxRow,
  OutboxStore,
} from '@parley/core';

/** The stores as one process has them. */
export interface MessageStoreInstance {
  messages: MessageStore;
  outbox: OutboxStore;
  close(): Promise<void>;
}

export interface MessageStoreEngine {
  /** One more instance on the same data, as another process would have it. */
  open(): Promise<MessageStoreInstance>;
}

/** What a part of the suite works with; the stores are those of the running test. */
export interface Kit {
  readonly store: MessageStore;
  readonly outbox: OutboxStore;
  /** One more instance, closed after the test. */
  open(): Promise<MessageStoreInstance>;
}

export const context = (): EventContext => ({
  eventId: randomUUID(),
  requestId: 'r',
  trace: null,
  origin: null,
});

export const sentAt = '2026-03-01T09:12:44.310Z';
/** A point in time, milliseconds after `sentAt`. */
export const later = (ms: number): string => new Date(Date.parse(sentAt) + ms).toISOString();

export const message = (chat: string, sender: string, more: Partial<NewMessage> = {}): NewMessage => ({
  message_id: randomUUID(),
  chat_id: chat,
  sender_id: sender,
  client_msg_id: randomUUID(),
  type: 'text',
  payload: { body: 'hello "you" \\ {1,2} $set a.b 👋' },
  reply_to_message_id: null,
  forwarded_from: null,
  fingerprint: 'f',
  created_at: sentAt,
  expires_at: null,
  tokens: [],
  context: context(),
  ...more,
});

/** What a change does, less what it is done to. */
export type Deed =
  | { kind: 'delete' | 'expire' | 'media' }
  | { kind: 'edit'; payload: NewMessage['payload']; tokens: string[] }
  | { kind: 'react'; userId: string; emoji: string | null };

export function changeOf(
  target: Pick<NewMessage, 'message_id' | 'chat_id'>,
  deed: Deed,
  at = later(60_000),
): MessageChange {
  return { messageId: target.message_id, chatId: target.chat_id, at, context: context(), ...deed };
}

/** A message that carries a file. */
export const carrying = (mediaId: string, chat: string, sender: string, more: Partial<NewMessage> = {}) =>
  message(chat, sender, { type: 'image', payload: { media_id: mediaId }, ...more });

export const numbers = (results: AppendResult[]) =>
  results.map((result) => (result.outcome === 'stored' ? [result.seq, result.version] : result.outcome));

/** The messages of a `msg.new` row. */
export const idsOf = (row: OutboxRow): string[] =>
  row.subject === 'msg.new'
    ? (row.payload as { messages: { id: string }[] }).messages.map(({ id }) => id)
    : [];

/** The changes of a `msg.changed` row. */
export const changesIn = (row: OutboxRow): CommittedChange[] =>
  row.subject === 'msg.changed' ? (row.payload as { changes: CommittedChange[] }).changes : [];

export const everything = (store: MessageStore, chatId: string) =>
  store.page({ chatId, before: null, after: 0, upTo: null, limit: 10_000 });

export const sweep = { olderThanSeconds: 0, limit: 1000, claimSeconds: 30 };
export const patience = { timeout: 20_000, interval: 5 };
