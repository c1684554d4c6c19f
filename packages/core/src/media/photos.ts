/** Addresses of photos that are kept here, as profiles and groups carry them. */
import type { Core } from '../context.ts';
import { AppError } from '../error.ts';
import { isoTime } from '../lib/times.ts';
import { orphanCheck } from './keep.ts';

const prefix = '/avatars/';
/** Seconds that a photo that was replaced can still be seen by who has its address: pages that are open show it. */
const afterlifeSeconds = 3600;

/** The address of a photo that was uploaded. */
export function avatarPath(id: string): string {
  return prefix + id;
}

/** The file behind an address; undefined for one that is kept elsewhere, or for none. */
function avatarIdOf(url: string): string | undefined {
  const id = url.startsWith(prefix) ? url.slice(prefix.length) : '';
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined;
}

/**
 * Before a profile or a group gets an address: one that names a photo here must be of the user's own, so that nobody keeps or shows another's.
 * Errors: `VALIDATION_ERROR`, `SERVICE_UNAVAILABLE`.
 */
export async function claimPhoto(
  core: Pick<Core, 'media' | 'clock'>,
  userId: string,
  url: string | undefined,
  current: string,
): Promise<void> {
  if (url === undefined || url === current || !url.startsWith(prefix)) return;
  const id = avatarIdOf(url);
  const now = core.clock.now();
  const claimed = id === undefined ? [] : [id];
  const media = (await core.media.claim(claimed, isoTime(now), orphanCheck(now))).get(claimed[0] ?? '');
  if (media?.is_avatar && media.uploader_id === userId) return;
  throw new AppError('VALIDATION_ERROR', undefined, {
    details: [{ path: 'avatar_url', message: 'is no photo that you uploaded' }],
  });
}

/** After an address was replaced. What this misses the clean-up finds later. */
export async function releasePhoto(
  core: Pick<Core, 'media' | 'clock' | 'log'>,
  before: string,
  after: string,
): Promise<void> {
  const id = before === after ? undefined : avatarIdOf(before);
  if (id === undefined) return;
  const checkAt = isoTime(core.clock.now() + afterlifeSeconds * 1000);
  await core.media.release([id], checkAt, afterlifeSeconds).catch((error) => {
    core.log.warn({ err: error, media_id: id }, 'a replaced photo is deleted later');
  });
}
