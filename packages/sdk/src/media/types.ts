/** What the client takes and tells where files are concerned. */
import type { MediaType } from '@parley/contract';
import type { CallOptions } from '../procedures.ts';

/** A file that can be read from its beginning as often as needed; a `Blob` is one, and what `fileFrom` of `@parley/sdk/node` answers. */
export interface FileSource {
  /** Bytes. */
  readonly size: number;
  /** What it is called. */
  readonly name?: string | undefined;
  /** MIME type; empty where it is not known. */
  readonly type?: string | undefined;
  /** Its bytes, from the beginning each time. */
  stream(): ReadableStream<Uint8Array>;
}

/** What can be uploaded. A `ReadableStream` needs `size`; where it is sent as it comes (Node) it cannot be sent a second time. */
export type UploadFile = Blob | ArrayBuffer | Uint8Array | ReadableStream<Uint8Array> | FileSource;

/** How far an upload or a download has come, in bytes of the file. `loaded` never goes back and ends at `total`. */
export interface Progress {
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes in all. */
  readonly total: number;
}

/** Options of everything that uploads. */
export interface TransferOptions extends CallOptions {
  /** Told while bytes go; in browsers with a `fetch` of one's own (see `ClientOptions`) only at the end. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Options of a photo. */
export interface PhotoOptions extends TransferOptions {
  /** What it is called; by default the file's own name. */
  filename?: string | undefined;
  /** Bytes; needed for a `ReadableStream` alone. */
  size?: number | undefined;
  /** How often it is tried again after a broken network, 503, or 429 with a time to wait: 3 times, or so many. */
  retry?: number | undefined;
}

/** Options of `client.media.upload`. */
export interface UploadOptions extends PhotoOptions {
  /** What it is to be used as; guessed from the MIME type or the name where it is not given. */
  type?: MediaType | undefined;
}

/** Options of `client.sendImage` and the others. */
export interface SendFileOptions extends PhotoOptions {
  /** Text below it, of at most 1,024 code points; an audio message has none. */
  caption?: string | undefined;
  /** Id of the message that it replies to. */
  replyTo?: string | undefined;
  /** UUID: the same id is stored once, for ever. Of a call that failed it can be given again, with the same file. */
  clientMsgId?: string | undefined;
}

/** Options of `client.sendAudio` and `client.sendVoice`. */
export interface SendAudioOptions extends Omit<SendFileOptions, 'caption'> {
  /** Milliseconds, at most 24 hours; found out where it can be if it is not given. */
  durationMs?: number | undefined;
}
