/** Lets pages of other origins read signed URLs (Fetch standard, CORS protocol; S3 API, PutBucketCors). */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { isUnavailable } from '@parley/core';
import type { Client } from 'minio';
import { codeOf, request } from './s3-connection.ts';

/** A URL's signature says who may read; which page asks makes no difference, and there are no cookies. */
const rules =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>' +
  '<AllowedMethod>HEAD</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>Content-Length</ExposeHeader>' +
  '<ExposeHeader>Content-Range</ExposeHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3600</MaxAgeSeconds>' +
  '</CORSRule></CORSConfiguration>';

/**
 * Gives a bucket rules if it has none; rules that somebody made stay. Resolves with false where the store takes none from us: some know
 * none and answer every origin, or an account may not set any. Errors: `SERVICE_UNAVAILABLE`.
 */
export async function allowPages(client: Client, bucket: string): Promise<boolean> {
  const asked = { bucketName: bucket, query: 'cors' };
  const rule = async () => {
    try {
      await buffer(await client.makeRequestAsync({ ...asked, method: 'GET' }, '', [200]));
    } catch (error) {
      if (codeOf(error) !== 'NoSuchCORSConfiguration') throw error;
      const headers = { 'content-md5': createHash('md5').update(rules).digest('base64') };
      await client.makeRequestAsyncOmit({ ...asked, method: 'PUT', headers }, rules, [200, 204]);
    }
  };
  try {
    await request(rule);
    return true;
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return false;
  }
}
