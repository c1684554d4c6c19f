/** What waits to be sent: texts and files, kept in the client's database until the server has stored them (design: accepted means durable). */
import type { InputOf, Media } from '@parley/contract';
import type { ParleyError } from '../errors.ts';
import type { Progress } from '../media/types.ts';

/** A message on its way, as views show it. Never changed: another object where something of it changed. */
export interface OutboxItem {
  /** Stays the same when the message is stored. */
  readonly client_msg_id: string;
  /** Where it goes. */
  readonly chat_id: string;
  /** As the message's. */
  readonly type: InputOf<'messages.send'>['type'];
  /** With a file that is not uploaded yet, without its `media_id`. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** What it replies to; null for nothing. */
  readonly reply_to_message_id: string | null;
  /** The file that it carries, until it is stored. */
  readonly file: OutboxFile | null;
  /** `pending`: waits, or is under way. `failed`: the server refuses it, or the person stopped it; `retry` or `drop` it. */
  readonly status: 'pending' | 'failed';
  /** Why it failed; null while it has not. */
  readonly error: ParleyError | null;
  /** This device's clock, ISO 8601. */
  readonly created_at: string;
}

/** The file of a message on its way. */
export interface OutboxFile {
  /** What it is called. */
  readonly name: string;
  /** As the caller or its name says it. */
  readonly mime_type: string;
  /** Bytes. */
  readonly size_bytes: number;
  /** To show it at once; undefined where it was only streamed, or could not be kept over a reload. */
  readonly blob: Blob | undefined;
  /** Null before its upload has begun. */
  readonly progress: Progress | null;
  /** Once uploaded. */
  readonly media: Media | null;
}
