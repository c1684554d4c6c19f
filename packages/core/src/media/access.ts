/** The door to files (design rule 7): for who uploaded one, and for who sees a message that carries it (contract section 2, Media). */
import type { Media } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { isoTime } from '../lib/times.ts';
import type { MediaRecord } from '../ports/stores.ts';
import { mediaView } from './view.ts';

type MediaAccessParts = Pick<Core, 'media' | 'messages' | 'chats' | 'clock'>;

/** The same whether there is none, or it is not the caller's to know of. */
export function noSuchMedia(): AppError {
  return new AppError('NOT_FOUND', 'There is no such media file');
}

/** Whether a user uploaded the file, or a message that it can still read carries it, in any chat it is or was in. */
export async function mayRead(core: MediaAccessParts, userId: string, media: MediaRecord): Promise<boolean> {
  if (media.uploader_id === userId) return true;
  const memberships = await core.chats.memberships(userId);
  const windows = memberships.map(({ chat_id, joined_seq, left_seq }) => ({
    chatId: chat_id,
    after: joined_seq,
    upTo: left_seq,
  }));
  return core.messages.carriedIn(media.media_id, windows, isoTime(core.clock.now()));
}

/** The file, for those who may read it. Errors: `NOT_FOUND`. */
async function accessMedia(core: MediaAccessParts, caller: Caller, id: string): Promise<MediaRecord> {
  const media = (await core.media.byIds([id])).get(id);
  if (!media || media.is_avatar || !(await mayRead(core, caller.userId, media))) throw noSuchMedia();
  return media;
}

/** The file with fresh addresses. Errors: `NOT_FOUND`. */
export async function getMedia(
  core: MediaAccessParts & Pick<Core, 'mediaLinks'>,
  caller: Caller,
  input: { id: string },
): Promise<Media> {
  return mediaView(core, await accessMedia(core, caller, input.id));
}

/** Where the file can be fetched for up to an hour, as a download of its name. Errors: `NOT_FOUND`. */
export async function mediaDownload(
  core: MediaAccessParts & Pick<Core, 'mediaLinks'>,
  caller: Caller,
  input: { id: string },
): Promise<string> {
  const media = await accessMedia(core, caller, input.id);
  return core.mediaLinks.of(media.object_key, media.filename ?? media.media_id);
}
