/** Photos of users and groups: small, upright, and read without a token by whoever was given their address (contract section 2, Users and Chats). */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Chat, OwnProfile } from '@parley/contract';
import { checkChat } from '../chats/access.ts';
import type { ChangeParts } from '../chats/change.ts';
import type { DescribeParts } from '../chats/describe.ts';
import { updateChat } from '../chats/groups.ts';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { ObjectRead } from '../ports/engines.ts';
import { updateMe } from '../users/profile.ts';
import { type KeepParts, keepFile } from './keep.ts';
import { avatarPath } from './photos.ts';
import { draftOf } from './upload.ts';

type Parts = KeepParts & Pick<Core, 'mediaTools'>;

/** An image as it comes. */
export interface AvatarUpload {
  body: Readable;
  filename: string | null;
}

/**
 * Makes the image the caller's photo. Errors: `MEDIA_INVALID_TYPE`, `MEDIA_TOO_LARGE`, `NOT_FOUND` (the account does not exist any more),
 * `SERVICE_UNAVAILABLE`.
 */
export async function setAvatar(
  core: Parts & Pick<Core, 'users' | 'publisher'>,
  caller: Caller,
  upload: AvatarUpload,
): Promise<OwnProfile> {
  return updateMe(core, caller, { avatar_url: await storeAvatar(core, caller, upload) });
}

/**
 * Makes the image a group's photo. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `NOT_ADMIN`, `FORBIDDEN` (no group), and those of a file.
 */
export async function setChatAvatar(
  core: Parts & ChangeParts & DescribeParts,
  caller: Caller,
  chatId: string,
  upload: AvatarUpload,
): Promise<Chat> {
  // Before anything is stored; it is checked again when it is changed.
  const { chat } = checkChat(await core.chatCache.get(chatId), caller.userId, 'admin');
  if (chat.type !== 'group') throw new AppError('FORBIDDEN', 'This is not a group');
  return updateChat(core, caller, { id: chatId, avatar_url: await storeAvatar(core, caller, upload) });
}

/** The photo's address: a path on this server, not to be guessed. */
async function storeAvatar(core: Parts, caller: Caller, { body, filename }: AvatarUpload): Promise<string> {
  const accepted = await core.mediaTools.receive(body, { type: 'image', filename });
  const id = randomUUID();
  const draft = {
    ...draftOf(id, caller.userId, 'image', accepted.mimeType, null, core.clock.now()),
    is_avatar: true,
    object_key: `avatars/${id}`,
    thumbnail_key: null,
  };
  await keepFile(core, draft, () =>
    core.mediaTools.image(
      { mimeType: accepted.mimeType, owner: caller.userId, avatar: true },
      accepted.body,
      async (found) => {
        await core.objects.put(draft.object_key, found.body(), { contentType: found.mimeType });
        const { mimeType: mime_type, sizeBytes: size_bytes, sha256, width, height } = found;
        return { mime_type, size_bytes, sha256, width, height };
      },
    ),
  );
  return avatarPath(id);
}

/** The photo's bytes; undefined where there is no such photo. Whoever has its address may read it. Errors: `SERVICE_UNAVAILABLE`. */
export async function openAvatar(
  core: Pick<Core, 'media' | 'objects'>,
  id: string,
): Promise<ObjectRead | undefined> {
  const media = (await core.media.byIds([id])).get(id);
  return media?.is_avatar ? core.objects.get(media.object_key) : undefined;
}
