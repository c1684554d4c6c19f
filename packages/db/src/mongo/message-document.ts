/** Messages as MongoDB holds them, and the indexes that keep their promises (PRD 5.2). */
import type { EventContext, StoredMessage } from '@parley/core';
import { type Collection, type IndexDescription, MongoServerError } from 'mongodb';
import type { MongoConnection } from './connection.ts';

export interface MessageDocument {
  /** The message's id. */
  _id: string;
  chat_id: string;
  seq: number;
  version: number;
  /**
   * Every version that the message had, `version` last. A change of a message pushes the next one; past numbers stay taken by the
   * unique index, so that a writer with an old head cannot get one of them (design rule 3).
   */
  versions: number[];
  /**
   * The chat's last `seq` at the time of `version`: the message's own when it was stored, and the head's at each later change. So the
   * document with the largest version tells both counters, from one moment.
   */
  chat_seq: number;
  sender_id: string;
  client_msg_id: string;
  type: StoredMessage['type'];
  payload: StoredMessage['payload'];
  reply_to_message_id: string | null;
  forwarded_from: StoredMessage['forwarded_from'];
  reactions: StoredMessage['reactions'];
  is_deleted: boolean;
  /** Tells a repeated send from another one that reuses its id. */
  fingerprint: string;
  created_at: Date;
  updated_at: Date;
  edited_at: Date | null;
  /** There until the message's event is on the bus (design rule 2). */
  outbox?: OutboxFlag;
}

export interface OutboxFlag {
  /** The insert that it came with; sorts by time. */
  batch: string;
  /** Its place in that insert. */
  position: number;
  context: EventContext;
  /** The sweep that has it, and until when others leave it alone. */
  claim?: string;
  claimed_until?: Date;
}

export const messagesCollection = 'messages';

/** Names by which queries and errors tell the indexes. */
export const messageIndexes = {
  seq: 'chat_seq',
  versions: 'chat_versions',
  clientId: 'sender_client_msg_id',
  outbox: 'outbox_batch',
  id: '_id_',
} as const;

/**
 * Pages go by `seq`, not by `created_at`: clocks of several servers do not agree. `client_msg_id` is unique per sender, not for
 * all: nobody can block or probe another's ids. The outbox's index holds only what is not published yet.
 */
const indexes: (IndexDescription & { name: string })[] = [
  { name: messageIndexes.seq, key: { chat_id: 1, seq: 1 }, unique: true },
  { name: messageIndexes.versions, key: { chat_id: 1, versions: 1 }, unique: true },
  { name: messageIndexes.clientId, key: { sender_id: 1, client_msg_id: 1 }, unique: true },
  {
    name: messageIndexes.outbox,
    key: { 'outbox.batch': 1 },
    partialFilterExpression: { 'outbox.batch': { $exists: true } },
  },
];

/** MongoDB's code for a collection that is not there. */
const namespaceNotFound = 26;

/**
 * Makes the indexes that are missing; any number of instances may do so at once, MongoDB makes each once. On a collection
 * that has long been in use that may take longer than a call may: then this rejects with `SERVICE_UNAVAILABLE`, MongoDB goes on
 * building, and the next call finds the index or waits for it.
 */
export async function ensureMessageIndexes(
  connection: MongoConnection,
  collection: Collection<MessageDocument>,
): Promise<void> {
  const existing = await connection.run(async () => {
    try {
      return await collection.listIndexes().toArray();
    } catch (error) {
      if (error instanceof MongoServerError && error.code === namespaceNotFound) return [];
      throw error;
    }
  });
  const names = new Set(existing.map((index: { name?: string }) => index.name));
  const missing = indexes.filter((index) => !names.has(index.name));
  if (missing.length > 0) await connection.run(() => collection.createIndexes(missing));
}

export function toStored(document: MessageDocument): StoredMessage {
  return {
    message_id: document._id,
    chat_id: document.chat_id,
    sender_id: document.sender_id,
    client_msg_id: document.client_msg_id,
    seq: document.seq,
    version: document.version,
    type: document.type,
    payload: document.payload,
    reply_to_message_id: document.reply_to_message_id,
    forwarded: document.forwarded_from !== null,
    forwarded_from: document.forwarded_from,
    reactions: document.reactions,
    is_deleted: document.is_deleted,
    created_at: document.created_at.toISOString(),
    updated_at: document.updated_at.toISOString(),
    edited_at: document.edited_at?.toISOString() ?? null,
  };
}
