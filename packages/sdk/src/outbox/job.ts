/** One message in the outbox: as it is kept in the database, as views see it, and what is done for it now. */
import type { Media } from '@parley/contract';
import type { RecordChange } from '../database/types.ts';
import { ParleyError, type ParleyErrorCode } from '../errors.ts';
import { type Deferred, deferred, quiet } from '../lib/deferred.ts';
import { carrying } from '../media/payload.ts';
import type { Progress, UploadFile } from '../media/types.ts';
import type { Sent } from '../realtime/types.ts';
import type { Entry, Frame } from './lanes.ts';
import type { OutboxItem } from './types.ts';

/** As it is kept, under `outbox/<place>/<id>`; its file under `outbox-file/<id>`. */
export interface OutboxRecord {
  /** The tab (or program) that sends it. */
  readonly tab: string;
  /** Its place among all of the account: those of later calls have greater ones, also after a restart. */
  readonly place: number;
  readonly chat_id: string;
  readonly client_msg_id: string;
  readonly type: Frame['type'];
  /** With a file: without its `media_id`. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly reply_to_message_id: string | null;
  readonly created_at: string;
  readonly file: { readonly name: string; readonly mime_type: string; readonly size_bytes: number } | null;
  /** Once uploaded: the upload is not repeated, and when it was by this device's clock, in milliseconds. */
  readonly media: Media | null;
  readonly uploaded_at: number;
  readonly error: Pick<ParleyError, 'code' | 'message' | 'details' | 'requestId'> | null;
}

/** What a caller gives. */
export type Given = Pick<
  OutboxRecord,
  'chat_id' | 'client_msg_id' | 'type' | 'payload' | 'reply_to_message_id' | 'file'
>;

function textOf({ chat_id, type, payload, reply_to_message_id, file }: Given): string {
  return JSON.stringify([chat_id, type, payload, reply_to_message_id, file]);
}

export const recordPrefix = 'outbox/';
export const fileKey = (id: string): string => `outbox-file/${id}`;

/** Places are milliseconds of the clock or more, which have 16 digits at most. */
export function recordKey({ place, client_msg_id }: OutboxRecord): string {
  return `${recordPrefix}${String(place).padStart(16, '0')}/${client_msg_id}`;
}

/** Whether a record is one that this version has written. */
export function isRecord(value: unknown): value is OutboxRecord {
  const { tab, place, client_msg_id, chat_id, payload } = Object(value) as Partial<OutboxRecord>;
  return (
    [tab, client_msg_id, chat_id].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(place) &&
    typeof payload === 'object'
  );
}

export class Job {
  record: OutboxRecord;
  /** What is uploaded; null where there is nothing to upload, or it was not kept. */
  file: UploadFile | null;
  progress: Progress | null = null;
  error: ParleyError | null;
  entry: Entry | null = null;
  sent: Deferred<Sent> = promised();
  /** Ends what is done for it. */
  readonly stop = new AbortController();
  /** What it was given as. */
  readonly #given: string;
  #item: OutboxItem | null = null;

  constructor(record: OutboxRecord, file: UploadFile | null) {
    this.record = record;
    this.#given = textOf(record);
    this.file = file;
    this.error = record.error && restored(record.error);
  }

  get id(): string {
    return this.record.client_msg_id;
  }

  get chatId(): string {
    return this.record.chat_id.toLowerCase();
  }

  /** The snapshot; `changed` begins another. */
  get item(): OutboxItem {
    this.#item ??= this.#snapshot();
    return this.#item;
  }

  changed(): void {
    this.#item = null;
  }

  set(fields: Partial<OutboxRecord>): void {
    this.record = { ...this.record, ...fields };
    this.changed();
  }

  /** Whether it was given as the same. */
  says(fields: Given): boolean {
    return this.#given === textOf(fields);
  }

  /** What is written of it. */
  get kept(): RecordChange {
    return { key: recordKey(this.record), value: this.record };
  }

  /** What takes it out of the database. */
  get gone(): RecordChange[] {
    return [recordKey(this.record), fileKey(this.id)].map((key) => ({ key, value: undefined }));
  }

  /** What goes to the server; null before the upload. */
  get frame(): Frame | null {
    const { chat_id, client_msg_id, type, payload, reply_to_message_id, file, media } = this.record;
    if (file && !media) return null;
    const reply = reply_to_message_id === null ? {} : { reply_to_message_id };
    const whole = media ? carrying(payload, media) : payload;
    // It was made of such a frame.
    return { chat_id, client_msg_id, type, payload: whole, ...reply } as Frame;
  }

  #snapshot(): OutboxItem {
    const { client_msg_id, chat_id, type, payload, reply_to_message_id, created_at, file, media } =
      this.record;
    const blob = this.file instanceof Blob ? this.file : undefined;
    return {
      client_msg_id,
      chat_id,
      type,
      payload: media ? { ...carrying(payload, media) } : payload,
      reply_to_message_id,
      file: file && { ...file, blob, progress: this.progress, media },
      status: this.error ? 'failed' : 'pending',
      error: this.error,
      created_at,
    };
  }
}

/** Nobody has to listen to it: the item tells the same. */
export function promised(): Deferred<Sent> {
  const sent = deferred<Sent>();
  quiet(sent.promise);
  return sent;
}

/** An error as a record keeps it. */
export function kept({ code, message, details, requestId }: ParleyError): OutboxRecord['error'] {
  return { code, message, details: details.map((detail) => ({ ...detail })), requestId };
}

function restored({ code, message, details, requestId }: NonNullable<OutboxRecord['error']>): ParleyError {
  return new ParleyError(code as ParleyErrorCode, message, { details, requestId });
}
