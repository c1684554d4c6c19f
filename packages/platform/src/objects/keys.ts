/** What both object engines accept, so that a key or a type that one takes is never refused by the other. */

/** Bytes of a whole key, and of what stands between two slashes. */
const maxKey = 512;
const maxSegment = 128;

/** Throws RangeError where the key is none: callers make keys themselves, so this is a mistake in the program. */
export function checkKey(key: string): void {
  const good =
    key.length > 0 &&
    key.length <= maxKey &&
    key
      .split('/')
      .every((part) => /^[A-Za-z0-9_.-]+$/.test(part) && !/^\.+$/.test(part) && part.length <= maxSegment);
  if (!good)
    throw new RangeError('not an object key: letters, digits, -, _ and . between slashes, no . or .. alone');
}

/** Throws RangeError where it could not stand in a header. */
export function checkContentType(contentType: string): void {
  if (!/^[\x21-\x7e][\x20-\x7e]{0,199}$/.test(contentType)) throw new RangeError('not a content type');
}

/** Throws RangeError unless it is a range of bytes. */
export function checkRange(range: { start: number; end?: number }): void {
  const { start, end = start } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError('not a range of bytes: 0 ≤ start ≤ end');
  }
}

/** Seconds that a signed URL may live: S3's own limit, a week. Throws RangeError beyond it. */
export function checkExpiry(seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > 604_800) {
    throw new RangeError('a signed URL lives from 1 second to 7 days');
  }
}
