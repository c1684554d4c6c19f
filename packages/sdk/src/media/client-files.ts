import type { Chat, MediaType, Message, OwnProfile } from '@parley/contract';
import type { Chunk } from '../lib/chunk.ts';
import type { MediaFiles } from './files.ts';
import type { Transfers } from './transfers.ts';
import type { PhotoOptions, SendAudioOptions, SendFileOptions, UploadFile } from './types.ts';

/** What a client does with files in one step. */
export abstract class ClientFiles {
  /** Files: `upload`, `get`, `download`, `url`. */
  abstract readonly media: MediaFiles;
  /** @internal */
  protected abstract readonly transfers: Chunk<Transfers>;

  /**
   * Uploads an image and sends it to a chat, over HTTP; resolves with the message. Both are tried again as `media.upload` is, the
   * message with the same `client_msg_id` each time. Errors: those of `media.upload` and `messages.send`.
   */
  sendImage(chatId: string, file: UploadFile, options: SendFileOptions = {}): Promise<Message> {
    return this.#send('image', chatId, file, options);
  }

  /** Sends a video, as `sendImage` does an image. Its size, duration and thumbnail follow with a `media.updated` event. */
  sendVideo(chatId: string, file: UploadFile, options: SendFileOptions = {}): Promise<Message> {
    return this.#send('video', chatId, file, options);
  }

  /** Sends a sound, as `sendImage` does an image. Its duration is the option's, or what a page's player finds out, or the server; else 0. */
  sendAudio(chatId: string, file: UploadFile, options: SendAudioOptions = {}): Promise<Message> {
    return this.#send('audio', chatId, file, options);
  }

  /** Sends what somebody has said: an audio message, as `sendAudio` does. */
  sendVoice(chatId: string, file: UploadFile, options: SendAudioOptions = {}): Promise<Message> {
    return this.sendAudio(chatId, file, options);
  }

  /** Sends a document, as `sendImage` does an image, with the file's name. */
  sendDocument(chatId: string, file: UploadFile, options: SendFileOptions = {}): Promise<Message> {
    return this.#send('document', chatId, file, options);
  }

  /** Sends a file as what its MIME type or name says that it is. Errors: those of `sendImage`, `MEDIA_INVALID_TYPE` (they do not). */
  sendFile(chatId: string, file: UploadFile, options: SendFileOptions = {}): Promise<Message> {
    return this.#send(undefined, chatId, file, options);
  }

  /** Changes one's own photo: an image of at most 16 MB, which is made to fit 640 × 640 pixels. Errors: those of `media.upload`. */
  setAvatar(file: UploadFile, options: PhotoOptions = {}): Promise<OwnProfile> {
    return this.media.setAvatar(file, options);
  }

  /**
   * Changes a group's photo, as its admin and as `setAvatar` does one's own. Errors: those of `media.upload`, `CHAT_NOT_FOUND`,
   * `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `FORBIDDEN` (a direct chat).
   */
  setGroupAvatar(chatId: string, file: UploadFile, options: PhotoOptions = {}): Promise<Chat> {
    return this.media.setGroupAvatar(chatId, file, options);
  }

  async #send(
    type: MediaType | undefined,
    chatId: string,
    file: UploadFile,
    options: SendAudioOptions & SendFileOptions,
  ): Promise<Message> {
    const { sender } = await this.transfers.load(options.signal);
    return sender.send(this.media, type, chatId, file, options);
  }
}
