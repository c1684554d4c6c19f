/** `client.media` (contract section 2, Media). */
import type { Chat, Media, OwnProfile } from '@parley/contract';
import type { Chunk } from '../lib/chunk.ts';
import type { MediaApi } from '../procedures.ts';
import type { KnownMedia } from './known.ts';
import type { Photo, Transfers } from './transfers.ts';
import type { PhotoOptions, TransferOptions, UploadFile, UploadOptions } from './types.ts';

export interface MediaFilesParts {
  readonly api: MediaApi;
  /** What moves files; loaded with the first of them. */
  readonly transfers: Chunk<Transfers>;
  readonly known: KnownMedia;
  /** Hears how a chat is after a change of its photo. */
  readonly changed: (chat: Chat) => void;
  /** Makes an address absolute. */
  readonly resolve: (url: string) => string;
}

/** Files: uploading and downloading them. */
export class MediaFiles implements MediaApi {
  /**
   * A file with fresh addresses, which work for an hour, for its uploader and those who see a message that carries it. Errors:
   * `NOT_FOUND`.
   */
  readonly get: MediaApi['get'];
  readonly #parts: MediaFilesParts;

  /** @internal Each client has one: `client.media`. */
  constructor(parts: MediaFilesParts) {
    this.#parts = parts;
    this.get = async (input, options) => this.#note(await parts.api.get(input, options));
  }

  /**
   * Uploads a file for a message, once or, after a broken network, 503, or 429 with a time to wait, up to 3 times more. An image and
   * an audio file may have 16 MB (JPEG, PNG, WebP, GIF; AAC, OGG, MP3, Opus), a video 64 MB (MP4, 3GP, MKV), a document 100 MB (PDF,
   * DOC(X), XLS(X), PPT(X), TXT, ZIP). It is deleted after 24 hours if no message carries it. Nothing is held in memory but what is
   * on its way. Standing still for a minute is `TIMEOUT`; the signal ends it at once.
   * Errors: `MEDIA_TOO_LARGE` and `MEDIA_INVALID_TYPE` (both also before anything is sent), `TOO_MANY_REQUESTS` (10 a minute),
   * `PAYLOAD_TOO_LARGE` (a proxy's limit), `SERVICE_UNAVAILABLE`, `BAD_REQUEST` (the file cannot be read), `UNAUTHORIZED`,
   * `TOKEN_EXPIRED` (of a stream alone, which is not sent twice), `NETWORK_ERROR`, `TIMEOUT`, `ABORTED`.
   */
  async upload(file: UploadFile, options: UploadOptions = {}): Promise<Media> {
    const { transfers } = this.#parts;
    return this.#note(await (await transfers.load(options.signal)).upload(file, options));
  }

  /** @internal `client.setAvatar`. */
  async setAvatar(file: UploadFile, options: PhotoOptions): Promise<OwnProfile> {
    return (await this.#photo({ to: 'avatar' }, file, options)) as OwnProfile;
  }

  /** @internal `client.setGroupAvatar`. */
  async setGroupAvatar(chatId: string, file: UploadFile, options: PhotoOptions): Promise<Chat> {
    const chat = (await this.#photo({ to: 'chatAvatar', id: chatId }, file, options)) as Chat;
    this.#parts.changed(chat);
    return chat;
  }

  /** The absolute address of a file, or of a path as the server tells it. */
  url(media: Media | string): string {
    return this.#parts.resolve(typeof media === 'string' ? media : media.url);
  }

  /**
   * Fetches a file; of a `Media` whose address is over, from a fresh one. Errors: `NOT_FOUND`, `FORBIDDEN` (an address that is
   * over), `NETWORK_ERROR`, `TIMEOUT` (it stood still for a minute), `ABORTED`.
   */
  async download(media: Media | string, options: TransferOptions = {}): Promise<Blob> {
    return (await this.#parts.transfers.load(options.signal)).blob(this, media, options);
  }

  /** The same as a stream, which comes as fast as it is read and fails with a `ParleyError`; the signal ends it too. */
  async stream(media: Media | string, options: TransferOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return (await (await this.#parts.transfers.load(options.signal)).open(this, media, options)).stream;
  }

  async #photo(photo: Photo, file: UploadFile, options: PhotoOptions): Promise<unknown> {
    return (await this.#parts.transfers.load(options.signal)).photo(photo, file, options);
  }

  #note(media: Media): Media {
    this.#parts.known.add(media);
    return media;
  }
}
