/** The indexes of messages: what keeps their promises, and what every look-up goes by. */
import type { NamedIndex } from './ensure-indexes.ts';

/** Names by which queries and errors tell the indexes. */
export const messageIndexes = {
  seq: 'chat_seq',
  versions: 'chat_versions',
  clientId: 'sender_client_msg_id',
  sender: 'chat_sender',
  live: 'chat_live',
  deleted: 'chat_deleted',
  expires: 'expires',
  chatExpires: 'chat_expires',
  tokens: 'chat_tokens',
  media: 'media_carriers',
  outbox: 'outbox_batch',
  untold: 'untold_batch',
  id: '_id_',
} as const;

/**
 * MongoDB takes a partial index only where the query says itself what the index holds: these go into every query that names one
 * of them. A time after 1970 is any time; null and what is missing are none.
 */
export const live = { is_deleted: false } as const;
const hasTime = { $gt: new Date(0) };
/** What was not emptied though its time was over then. */
export const overAt = (now: Date) => ({ ...live, expires_at: { ...hasTime, $lte: now } });

/**
 * Pages go by `seq`, not by `created_at`: clocks of several servers do not agree. `client_msg_id` is unique per sender, not for
 * all: nobody can block or probe another's ids.
 *
 * - What is published leaves the outbox's indexes, what has no time those of expiry, what is deleted those of the live.
 * - `chat_sender` and `chat_deleted` hold all that an unread count asks of a message, so that it counts without reading documents.
 * - `chat_tokens` gives a whole token's messages in the order of their ids, which is by time; `seq` at its end lets a search skip what
 *   lies outside of its part of the chat without reading it.
 * - `media_carriers` has the messages that carry a file. A deletion empties the payload, and so ends it.
 */
export const indexesOfMessages: readonly NamedIndex[] = [
  { name: messageIndexes.seq, key: { chat_id: 1, seq: 1 }, unique: true },
  { name: messageIndexes.versions, key: { chat_id: 1, versions: 1 }, unique: true },
  { name: messageIndexes.clientId, key: { sender_id: 1, client_msg_id: 1 }, unique: true },
  { name: messageIndexes.sender, key: { chat_id: 1, sender_id: 1, seq: 1, type: 1 } },
  { name: messageIndexes.live, key: { chat_id: 1, seq: -1 }, partialFilterExpression: live },
  {
    name: messageIndexes.deleted,
    key: { chat_id: 1, seq: 1, sender_id: 1, type: 1, is_deleted: 1 },
    partialFilterExpression: { is_deleted: true },
  },
  {
    name: messageIndexes.expires,
    key: { expires_at: 1 },
    partialFilterExpression: { ...live, expires_at: hasTime },
  },
  {
    name: messageIndexes.chatExpires,
    key: { chat_id: 1, expires_at: 1 },
    partialFilterExpression: { ...live, expires_at: hasTime },
  },
  {
    name: messageIndexes.tokens,
    key: { chat_id: 1, tokens: 1, _id: -1, seq: 1 },
    partialFilterExpression: live,
  },
  {
    name: messageIndexes.media,
    key: { 'payload.media_id': 1, chat_id: 1, seq: 1 },
    partialFilterExpression: { 'payload.media_id': { $exists: true } },
  },
  {
    name: messageIndexes.outbox,
    key: { 'outbox.batch': 1 },
    partialFilterExpression: { 'outbox.batch': { $exists: true } },
  },
  {
    name: messageIndexes.untold,
    key: { 'untold.batch': 1 },
    partialFilterExpression: { 'untold.batch': { $exists: true } },
  },
];
