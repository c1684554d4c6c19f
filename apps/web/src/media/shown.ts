/** What of a message its file is: stored ones and those on their way look the same. */
import type { Media, MediaType, Message, ParleyError, Progress, UnsentMessage } from '@parley/sdk';

/** A file that waits to be sent, or is under way (the SDK's outbox). */
export type OwnFile = NonNullable<UnsentMessage['file']>;

/** A message as a conversation shows it. */
export type ShownMessage = Message | UnsentMessage;

export interface ShownFile {
  readonly type: MediaType;
  /** Null until it is uploaded, and where it is gone. */
  readonly media: Media | null;
  /** What this page itself is sending. */
  readonly own: OwnFile | null;
  readonly name: string;
  readonly sizeBytes: number;
  readonly durationMs: number;
  readonly caption: string;
}

/** The file of a message; null where it carries none. */
export function fileOf(message: ShownMessage): ShownFile | null {
  const { type } = message;
  if (type === 'text' || type === 'location' || type === 'system') return null;
  const own = 'file' in message ? message.file : null;
  const media = 'media' in message ? message.media : (own?.media ?? null);
  // Which fields it has depends on the type.
  const payload = message.payload as Readonly<Record<string, unknown>>;
  return {
    type,
    media,
    own,
    name: text(payload.filename) || (media?.filename ?? own?.name ?? ''),
    sizeBytes: media?.size_bytes ?? own?.size_bytes ?? 0,
    durationMs: (typeof payload.duration_ms === 'number' && payload.duration_ms) || (media?.duration_ms ?? 0),
    caption: text(payload.caption),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** How far it is: null where the server has stored it. */
export interface Sending {
  readonly clientMsgId: string;
  readonly failed: boolean;
  readonly error: ParleyError | null;
  readonly progress: Progress | null;
}

export function sendingOf(message: ShownMessage): Sending | null {
  if ('message_id' in message) return null;
  const { client_msg_id, status, error, file } = message;
  return {
    clientMsgId: client_msg_id,
    failed: status === 'failed',
    error,
    progress: file?.media ? null : (file?.progress ?? null),
  };
}
