/** What moves files: loaded when the first one is to be moved. */
import type { Media, MediaType } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import type { MessagesApi } from '../procedures.ts';
import { type Download, type DownloadParts, download, isStale } from './downloads.ts';
import type { MediaFiles } from './files.ts';
import { checkSize, nameOf, typeOf } from './kinds.ts';
import { FileSender } from './sender.ts';
import { type Source, sourceOf } from './source.ts';
import type { PhotoOptions, TransferOptions, UploadFile, UploadOptions } from './types.ts';
import { type Upload, type UploadParts, Uploads } from './uploads.ts';

export { durationOf } from './duration.ts';
export { collected } from './transport.ts';

export interface TransfersParts extends UploadParts, DownloadParts {
  readonly send: MessagesApi['send'];
}

/** Whose photo. */
export type Photo = Pick<Upload, 'to' | 'id'>;

/** How addresses are made and renewed. */
type Addresses = Pick<MediaFiles, 'url' | 'get'>;

export class Transfers {
  readonly sender: FileSender;
  readonly #parts: TransfersParts;
  readonly #uploads: Uploads;

  constructor(parts: TransfersParts) {
    this.#parts = parts;
    this.#uploads = new Uploads(parts);
    this.sender = new FileSender(parts);
  }

  /** See `MediaFiles.upload`. */
  async upload(file: UploadFile, options: UploadOptions): Promise<Media> {
    const source = sourceOf(file, options);
    const type = options.type ?? typeOf(source);
    if (!type) throw unknownKind();
    return (await this.#send({ to: 'media', fields: { type } }, source, type, options)) as Media;
  }

  async photo(photo: Photo, file: UploadFile, options: PhotoOptions): Promise<unknown> {
    const source = sourceOf(file, options);
    if ((typeOf(source) ?? 'image') !== 'image') throw unknownKind();
    return this.#send({ ...photo, fields: {} }, source, 'image', options);
  }

  /** See `MediaFiles.download`. */
  async blob(files: Addresses, media: Media | string, options: TransferOptions): Promise<Blob> {
    const { stream, mime } = await this.open(files, media, options);
    const type = typeof media === 'string' ? mime : media.mime_type;
    const reader = stream.getReader();
    const pieces: BlobPart[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(pieces, { type });
      pieces.push(value as Uint8Array<ArrayBuffer>);
    }
  }

  /** Begins a download; of a `Media` whose address is over from a fresh one. */
  async open(files: Addresses, media: Media | string, options: TransferOptions): Promise<Download> {
    const size = typeof media === 'string' ? undefined : media.size_bytes;
    try {
      return await download(files.url(media), size, options, this.#parts);
    } catch (error) {
      if (typeof media === 'string' || !isStale(error)) throw error;
      const fresh = await files.get(media.media_id, options);
      return download(files.url(fresh), size, options, this.#parts);
    }
  }

  #send(
    upload: Omit<Upload, 'source' | 'part'>,
    source: Source,
    type: MediaType,
    options: PhotoOptions,
  ): Promise<unknown> {
    checkSize(type, source.size);
    const part = { name: nameOf(source, type), mime: source.mime };
    return this.#uploads.send({ ...upload, source, part }, options);
  }
}

function unknownKind(): ParleyError {
  return new ParleyError('MEDIA_INVALID_TYPE');
}
