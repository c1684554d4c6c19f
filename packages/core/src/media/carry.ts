/** Files in messages: from a send that names one to the look at it that comes after. */
import type { Media, SendableType } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { isoTime } from '../lib/times.ts';
import { applyChanges, type ChangeParts } from '../messages/changes.ts';
import { mayRead, noSuchMedia } from './access.ts';
import { orphanCheck } from './keep.ts';
import { mediaIdOf, mediaView } from './view.ts';

export type CarryParts = Pick<Core, 'media' | 'mediaLinks' | 'messages' | 'chats' | 'clock'>;

/**
 * The file that a new message is to carry, null for none. It is claimed, so that no clean-up takes it before the message is stored. `readable`
 * says that the caller is known to be able to read it. Errors:
 * `NOT_FOUND` (none that the caller may read), `VALIDATION_ERROR` (of another type than the message).
 */
export async function mediaForSend(
  core: CarryParts,
  caller: Caller,
  draft: { type: SendableType; payload: object },
  options: { readable?: boolean } = {},
): Promise<Media | null> {
  const id = mediaIdOf(draft);
  if (id === null) return null;
  const found = (await core.media.byIds([id])).get(id);
  if (!found || found.is_avatar) throw noSuchMedia();
  if (!options.readable && !(await mayRead(core, caller.userId, found))) throw noSuchMedia();
  if (found.type !== draft.type) {
    const message = `is a file of type ${found.type}: send it as ${found.type}`;
    throw new AppError('VALIDATION_ERROR', undefined, { details: [{ path: 'payload.media_id', message }] });
  }
  const now = core.clock.now();
  const record = (await core.media.claim([id], isoTime(now), orphanCheck(now))).get(id);
  if (!record) throw noSuchMedia();
  return mediaView(core, record);
}

/**
 * After a message was stored whose file was still being looked into: if that ended meanwhile, whoever ended it did not see the message, and
 * this tells of it. Never rejects.
 */
export async function tellIfReady(
  core: ChangeParts & Pick<Core, 'media'>,
  caller: Caller,
  media: Media | null,
  stored: readonly { message_id: string; chat_id: string }[],
): Promise<void> {
  if (media?.status !== 'processing') return;
  try {
    const now = (await core.media.byIds([media.media_id])).get(media.media_id);
    if (now?.status !== 'ready') return;
    const at = isoTime(core.clock.now());
    await applyChanges(
      core,
      stored.map(({ message_id, chat_id }) => ({
        kind: 'media',
        messageId: message_id,
        chatId: chat_id,
        at,
        context: { ...newContext(caller), origin: null },
      })),
    );
  } catch (error) {
    core.log.warn({ err: error, media_id: media.media_id }, 'a file became ready, and nobody was told');
  }
}
