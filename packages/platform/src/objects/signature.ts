/** Signed URLs of the file engine: who holds one may read that object, under that name, until it runs out. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The query of a signed URL. `expires` is in seconds since the epoch. */
export function signedQuery(
  secret: string,
  key: string,
  expires: number,
  filename?: string,
): URLSearchParams {
  const query = new URLSearchParams({
    expires: String(expires),
    signature: signature(secret, key, String(expires), filename ?? null).toString('base64url'),
  });
  if (filename !== undefined) query.set('filename', filename);
  return query;
}

/**
 * Checks a URL that `FileObjectStore.url` made: `key` is its path after `/objects/`, percent-decoded, `query` what came
 * with it, `now` in milliseconds since the epoch. `expired` is told only of a URL that was once good. The comparison takes
 * the same time however much of a signature is right.
 */
export function verifyObjectUrl(
  secret: string,
  key: string,
  query: URLSearchParams,
  now: number,
): 'valid' | 'expired' | 'forged' {
  const expires = single(query, 'expires');
  const given = single(query, 'signature');
  const filename = single(query, 'filename');
  if (!expires || !/^\d{1,12}$/.test(expires) || !given || filename === undefined) return 'forged';
  const expected = signature(secret, key, expires, filename);
  const actual = Buffer.from(given, 'base64url');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return 'forged';
  return now < Number(expires) * 1000 ? 'valid' : 'expired';
}

/** Null where it is missing, undefined where it is there twice: then it is unclear which one would be used. */
function single(query: URLSearchParams, name: string): string | null | undefined {
  const values = query.getAll(name);
  return values.length > 1 ? undefined : (values[0] ?? null);
}

/** The first entry keeps this apart from all else that is signed with the same secret. */
function signature(secret: string, key: string, expires: string, filename: string | null): Buffer {
  const what = JSON.stringify(['parley object url 1', key, expires, filename]);
  return createHmac('sha256', secret).update(what).digest();
}
