/** Sending a file: it is uploaded, then the message that carries it is sent. */
import type { InputOf, Media, MediaType, Message } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import { firstOf } from '../lib/abort.ts';
import { repeat } from '../lib/repeat.ts';
import { randomUuid } from '../lib/uuid.ts';
import type { MessagesApi } from '../procedures.ts';
import type { Timing } from '../timing.ts';
import { durationOf } from './duration.ts';
import type { MediaFiles } from './files.ts';
import { carrying, checkCaption, payloadOf } from './payload.ts';
import { sourceOf } from './source.ts';
import type { SendAudioOptions, SendFileOptions, UploadFile } from './types.ts';

export interface FileSenderParts {
  readonly send: MessagesApi['send'];
  readonly timing: Timing;
  readonly closing: AbortSignal;
}

/** What was uploaded for a message that was not sent. */
interface Uploaded {
  readonly file: UploadFile;
  readonly media: Media;
}

type Options = SendFileOptions & SendAudioOptions;

/** Files that are remembered at most. */
const most = 20;

export class FileSender {
  readonly #parts: FileSenderParts;
  /** By `client_msg_id`: with another file the same id would be another message. */
  readonly #uploaded = new Map<string, Uploaded>();

  constructor(parts: FileSenderParts) {
    this.#parts = parts;
  }

  /** Forgets what was uploaded: another user may not send it. */
  clear(): void {
    this.#uploaded.clear();
  }

  /** Sends a file as `type`, or as what it looks like. The message is tried with the same `client_msg_id` each time. */
  async send(
    files: Pick<MediaFiles, 'upload'>,
    type: MediaType | undefined,
    chatId: string,
    file: UploadFile,
    options: Options,
  ): Promise<Message> {
    checkCaption(options.caption);
    const id = (options.clientMsgId ?? randomUuid()).toLowerCase();
    const sound = type === 'audio' && options.durationMs === undefined ? durationOf(file) : 0;
    const media = await this.#upload(files, id, type, file, options);
    const said = { caption: options.caption, durationMs: options.durationMs ?? (await sound) };
    const input = {
      chat_id: chatId,
      client_msg_id: id,
      type: media.type,
      payload: carrying(payloadOf(media.type, sourceOf(file, { size: 0, ...options }), said), media),
      ...(options.replyTo === undefined ? {} : { reply_to_message_id: options.replyTo }),
    };
    // The payload was made for the type.
    const message = await this.#send(input as InputOf<'messages.send'>, options);
    this.#uploaded.delete(id);
    return message;
  }

  async #upload(
    files: Pick<MediaFiles, 'upload'>,
    id: string,
    type: MediaType | undefined,
    file: UploadFile,
    options: Options,
  ): Promise<Media> {
    const known = this.#uploaded.get(id);
    if (known?.file === file) return known.media;
    const { signal, onProgress, retry, filename, size } = options;
    const media = await files.upload(file, { type, signal, onProgress, retry, filename, size });
    this.#uploaded.set(id, { file, media });
    const [oldest] = this.#uploaded.keys();
    if (this.#uploaded.size > most && oldest !== undefined) this.#uploaded.delete(oldest);
    return media;
  }

  async #send(input: InputOf<'messages.send'>, { signal, retry = 3 }: Options): Promise<Message> {
    const { send, timing, closing } = this.#parts;
    const { controller, release } = firstOf(signal, closing);
    const options = { retries: retry, timing, signal: controller.signal, helps: isRetriable };
    try {
      return await repeat(() => send(input, { signal }), options);
    } catch (error) {
      // What is refused for good is not tried again with the same file.
      if (error instanceof ParleyError && !error.retriable && error.code !== 'ABORTED') {
        this.#uploaded.delete(input.client_msg_id);
      }
      throw error;
    } finally {
      release();
    }
  }
}

function isRetriable({ retriable }: ParleyError): boolean {
  return retriable;
}
