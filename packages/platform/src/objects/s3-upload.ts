/** Storing a stream of unknown length in S3. The client's own `putObject` joins uploads of one key that go on at the same
 * time, cannot store an empty stream and does not notice one that fails, so this uses the calls beneath it. */
import type { Readable } from 'node:stream';
import type { Client } from 'minio';
import { blocks } from './bytes.ts';
import { codeOf, once, request } from './s3-connection.ts';

/** Bytes of a part: S3 takes no less than 5 MiB, and at most 10,000 of them, so an object may have 78 GiB. */
export const partSize = 8 * 1024 * 1024;

export interface Target {
  client: Client;
  bucket: string;
  key: string;
  contentType: string;
}

/**
 * Stores what fits into one part by one request, anything longer part by part; nothing shows under the key before the end.
 * Where it fails, `abandon` gets the upload that has to be removed from the server, and why.
 */
export async function upload(
  target: Target,
  body: Readable,
  abandon: (uploadId: string, error: unknown) => Promise<void>,
): Promise<{ size: number }> {
  const { client, bucket, key } = target;
  const parts: { part: number; etag: string }[] = [];
  let size = 0;
  let uploadId = '';
  try {
    for await (const block of blocks(body, partSize)) {
      size += block.length;
      if (parts.length === 0 && block.length < partSize) {
        await request(() => putWhole(target, block));
        return { size };
      }
      if (uploadId === '') uploadId = await request(() => begin(target));
      const config = { bucketName: bucket, objectName: key, uploadID: uploadId, headers: {} };
      const partNumber = parts.length + 1;
      const { etag } = await request(() => client.uploadPart({ ...config, partNumber }, block));
      parts.push({ part: partNumber, etag });
    }
    // Not repeated: the first of two may have done it, and the second would fail.
    await once(() => client.completeMultipartUpload(bucket, key, uploadId, parts));
    return { size };
  } catch (error) {
    if (uploadId !== '') await abandon(uploadId, error);
    throw error;
  }
}

function begin({ client, bucket, key, contentType }: Target): Promise<string> {
  return client.initiateNewMultipartUpload(bucket, key, { 'Content-Type': contentType });
}

async function putWhole({ client, bucket, key, contentType }: Target, block: Buffer): Promise<void> {
  await client.putObject(bucket, key, block, block.length, { 'Content-Type': contentType });
}

/** Removes an upload that will not be finished; one that is gone already is no error. */
export async function abort(client: Client, bucket: string, key: string, uploadId: string): Promise<void> {
  try {
    await request(() => client.abortMultipartUpload(bucket, key, uploadId));
  } catch (error) {
    if (codeOf(error) !== 'NoSuchUpload') throw error;
  }
}
