/**
 * What claims, releases and the clean-up write. They find the files by their key alone: each file's row is locked first, in one order for
 * everybody, so that calls with several files cannot wait for each other in a circle.
 */
import { columns } from './rows.ts';

const locked = `media_id = ANY(ARRAY(
    SELECT x.media_id FROM media x WHERE x.media_id = ANY($1::uuid[]) ORDER BY x.media_id FOR NO KEY UPDATE
  ))`;

/** Nothing claimed or released it since it was looked at: $2 has the revisions that were seen, in the order of $1. */
const asSeen = 'revision = ($2::bigint[])[array_position($1::uuid[], media_id)]';

/** A claim never brings a check nearer: something else may have put it off further. */
export const claimSql = `
  UPDATE media SET revision = revision + 1, claimed_at = greatest(claimed_at, $2), check_at = greatest(check_at, $3)
  WHERE ${locked} AND NOT doomed
  RETURNING ${columns}`;

/** `greatest` passes over what was never claimed. */
export const releaseSql = `
  UPDATE media SET revision = revision + 1,
    check_at = least(check_at, greatest($2::timestamptz, claimed_at + make_interval(secs => $3)))
  WHERE ${locked} AND NOT doomed`;

export const keepSql = `
  UPDATE media SET check_at = $3 WHERE ${locked} AND NOT doomed AND ${asSeen}`;

/** Says so of a doomed one too, for whoever asks again because it got no answer. */
export const doomSql = `
  UPDATE media SET doomed = true, check_at = 'epoch' WHERE ${locked} AND ${asSeen}
  RETURNING media_id`;

export const removeSql = `
  DELETE FROM media WHERE ${locked} AND doomed`;
