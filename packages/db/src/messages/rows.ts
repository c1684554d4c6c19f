/** Messages as PostgreSQL gives them. */
import type { StoredMessage } from '@parley/core';

/** Columns that a `StoredMessage` is made of, and the fingerprint. */
export const columns =
  'message_id, chat_id, seq, version, sender_id, client_msg_id, type, payload, reply_to_message_id, forwarded_from, reactions, is_deleted, fingerprint, created_at, updated_at, edited_at, expires_at';

/** The same of the table `m`, for where other tables have such columns too. */
export const columnsOfM = columns.replaceAll(/\w+/g, 'm.$&');

export interface MessageRow {
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
  /** Dates from columns, text from JSON. */
  created_at: Date | string;
  updated_at: Date | string;
  edited_at: Date | string | null;
  expires_at: Date | string | null;
}

const iso = (time: Date | string): string => new Date(time).toISOString();

export function toStored(row: MessageRow): StoredMessage {
  return {
    message_id: row.message_id,
    chat_id: row.chat_id,
    seq: row.seq,
    version: row.version,
    sender_id: row.sender_id,
    client_msg_id: row.client_msg_id,
    type: row.type,
    payload: row.payload,
    reply_to_message_id: row.reply_to_message_id,
    forwarded: row.forwarded_from !== null,
    forwarded_from: row.forwarded_from,
    reactions: row.reactions,
    is_deleted: row.is_deleted,
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
    edited_at: row.edited_at && iso(row.edited_at),
    expires_at: row.expires_at && iso(row.expires_at),
  };
}

/** Stands for a window without an end. */
export const noEnd = Number.MAX_SAFE_INTEGER;
