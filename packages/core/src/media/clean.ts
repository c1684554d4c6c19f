/**
 * Deleting files that nothing refers to (contract section 2, Media). Never one that something refers to: a send claims its file before it
 * stores the message, and a file is doomed only if nothing claimed it since it was looked at.
 */
import type { Core } from '../context.ts';
import { isoTime } from '../lib/times.ts';
import type { MediaCheck, MediaRecord } from '../ports/stores.ts';
import { avatarPath } from './photos.ts';
import { thumbnailKeyOf } from './upload.ts';

type Parts = Pick<Core, 'media' | 'messages' | 'users' | 'chats' | 'objects' | 'clock' | 'log'>;

/** Seconds after which a file in use is looked at again, in case somebody died between a deletion and its telling. */
const againSeconds = 7 * 24 * 3600;
/** Seconds that a message may need from the claim of its file to being stored. */
const settleSeconds = 60;

/** Files whose objects are deleted in one go. */
const deletedTogether = 10;

/** What became of the files that were looked at. */
export interface Cleaned {
  looked: number;
  deleted: number;
}

/** Looks at files whose time has come, at most `limit`, and deletes those that nothing refers to. Errors: `SERVICE_UNAVAILABLE`. */
export async function cleanMedia(core: Parts, limit: number): Promise<Cleaned> {
  const now = core.clock.now();
  const due = await core.media.due(isoTime(now), limit);
  if (due.length === 0) return { looked: 0, deleted: 0 };
  const living = due.filter((check) => !check.doomed);
  const inUse = await referredTo(core, living);
  const isUsed = ({ media }: MediaCheck) => inUse.has(media.media_id);
  await core.media.keep(living.filter(isUsed).map(checkOf), isoTime(now + againSeconds * 1000));
  const unused = living.filter((check) => !isUsed(check));
  const doomed = await core.media.doom(unused.map(checkOf));
  const gone = due.filter(({ media, doomed: before }) => before || doomed.has(media.media_id));
  await deleteFiles(core, gone);
  return { looked: due.length, deleted: gone.length };
}

function checkOf({ media, revision }: MediaCheck): { mediaId: string; revision: number } {
  return { mediaId: media.media_id, revision };
}

async function referredTo(core: Parts, checks: readonly MediaCheck[]): Promise<Set<string>> {
  const photos = checks.filter(({ media }) => media.is_avatar).map(({ media }) => media.media_id);
  const files = checks.filter(({ media }) => !media.is_avatar).map(({ media }) => media.media_id);
  const urls = photos.map(avatarPath);
  const [carried, ofUsers, ofGroups] = await Promise.all([
    files.length > 0 ? core.messages.carried(files) : new Set<string>(),
    urls.length > 0 ? core.users.avatarsInUse(urls) : new Set<string>(),
    urls.length > 0 ? core.chats.avatarsInUse(urls) : new Set<string>(),
  ]);
  const shown = photos.filter((id) => ofUsers.has(avatarPath(id)) || ofGroups.has(avatarPath(id)));
  return new Set([...carried, ...shown]);
}

/**
 * Objects first: what is known of a file is forgotten only when nothing of it is stored any more. One that cannot be deleted keeps none of the
 * others. Errors: the first failure, at the end.
 */
async function deleteFiles(core: Parts, checks: readonly MediaCheck[]): Promise<void> {
  const failures: unknown[] = [];
  for (let from = 0; from < checks.length; from += deletedTogether) {
    const some = checks.slice(from, from + deletedTogether);
    try {
      await core.objects.delete(some.flatMap(({ media }) => keysOf(media)));
      await core.media.remove(some.map(({ media }) => media.media_id));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** With the place of a thumbnail in any case: a worker may have died after putting it there. */
function keysOf({ media_id, object_key, thumbnail_key, is_avatar }: MediaRecord): string[] {
  return is_avatar ? [object_key] : [object_key, thumbnail_key ?? thumbnailKeyOf(media_id)];
}

/** After a message that carried the file was deleted or is over: it is looked at soon. Errors: `SERVICE_UNAVAILABLE`. */
export async function releaseMedia(core: Pick<Core, 'media' | 'clock'>, mediaId: string): Promise<void> {
  await core.media.release([mediaId], isoTime(core.clock.now()), settleSeconds);
}
