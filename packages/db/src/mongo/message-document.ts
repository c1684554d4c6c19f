/** Messages as MongoDB holds them (PRD 5.2); their indexes are told in `message-indexes.ts`. */
import type { CommittedChange, EventContext, StoredMessage } from '@parley/core';

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
  /**
   * Running counts, from which unread counts follow: the chat's messages up to `seq`, and up to `chat_seq`, that are not `system`. They
   * never change, for what is deleted stays in them. Missing in what was stored before there were any: then they are counted
   * (`reader.ts`).
   */
  tally?: number;
  chat_tally?: number;
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
  /** As `tally`, these came later: missing is null, and nothing to be found by. */
  expires_at?: Date | null;
  tokens?: string[];
  /** There until the message's event is on the bus (design rule 2). */
  outbox?: OutboxFlag;
  /** Changes whose events are not on the bus yet. */
  untold?: UntoldChange[];
}

interface Flag {
  /** The call that it came with; sorts by time. */
  batch: string;
  /** Its place in that call. */
  position: number;
  /** The sweep that has it, and until when others leave it alone. */
  claim?: string;
  claimed_until?: Date;
}

export interface OutboxFlag extends Flag {
  context: EventContext;
}

export interface UntoldChange extends Flag {
  change: CommittedChange;
}

export const messagesCollection = 'messages';

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
    expires_at: document.expires_at?.toISOString() ?? null,
  };
}
