/** Objects in any S3, through the MinIO client. */
import { Readable } from 'node:stream';
import { type Clock, isUnavailable, type ObjectRead, type ObjectStore } from '@parley/core';
import { Client } from 'minio';
import { keepError } from './bytes.ts';
import { attachment } from './disposition.ts';
import { checkContentType, checkExpiry, checkKey, checkRange } from './keys.ts';
import { atReadersPace, describe } from './s3-body.ts';
import { codeOf, impatientAgent, request } from './s3-connection.ts';
import { allowPages } from './s3-cors.ts';
import { abort, upload } from './s3-upload.ts';

export interface S3ObjectStoreOptions {
  /** `host` or `host:port`. */
  endpoint: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
  useSsl: boolean;
  region: string;
  /** Scheme, host and port under which clients reach the server; the signature of a URL covers them. */
  publicUrl?: string | null;
  /** Milliseconds without any progress after which the server counts as away; 2500 unless told otherwise. */
  timeoutMs?: number;
  /** Tells which unfinished uploads are old. Signatures use the system's clock. */
  clock?: Clock;
}

/** Uploads without progress for so long were left behind by a crash. */
const abandonedMs = 24 * 3_600_000;
/** Uploads to be removed once the server is back; those beyond are found at the next start. */
const maxAbandoned = 1_000;

/**
 * A range that begins past the end reads nothing. Errors: `SERVICE_UNAVAILABLE` where the server is away, after `timeoutMs`
 * at most, and it works again by itself when the server is back; RangeError for a bad key; the server's own error otherwise,
 * such as `AccessDenied`. A put that was rejected as the server went away may have been stored all the same.
 */
export class S3ObjectStore implements ObjectStore {
  readonly #client: Client;
  /** Signs for the address that clients use; it never connects. */
  readonly #signer: Client;
  readonly #bucket: string;
  readonly #region: string;
  readonly #timeoutMs: number;
  readonly #agent: ReturnType<typeof impatientAgent>;
  readonly #clock: Clock;
  readonly #abandoned = new Map<string, string>();
  #ready: Promise<void> | undefined;

  constructor(options: S3ObjectStoreOptions) {
    const { endpoint, useSsl, accessKey, secretKey, region } = options;
    this.#bucket = options.bucket;
    this.#region = region;
    this.#timeoutMs = options.timeoutMs ?? 2_500;
    this.#clock = options.clock ?? { now: Date.now };
    this.#agent = impatientAgent(useSsl, this.#timeoutMs);
    const account = { accessKey, secretKey, region };
    this.#client = new Client({
      ...account,
      ...address(`${useSsl ? 'https' : 'http'}://${endpoint}`),
      transportAgent: this.#agent,
      // Its retries wait for as long as they like and print to the console.
      retryOptions: { disableRetry: true },
    });
    this.#signer = options.publicUrl
      ? new Client({ ...account, ...address(options.publicUrl) })
      : this.#client;
  }

  /**
   * Makes the bucket if it is not there, lets pages of all origins read from it by signed URLs, and sweeps. Errors: `SERVICE_UNAVAILABLE`; the store may be used all the same, and
   * makes the bucket once the server is there.
   */
  async start(): Promise<void> {
    await this.#bucketReady();
    await this.sweep();
  }

  /**
   * Removes uploads that were begun more than a day ago and never finished: of a program that crashed, or of one that never
   * learned that its upload had begun. A program that runs for long calls it daily. Errors: `SERVICE_UNAVAILABLE`.
   */
  async sweep(): Promise<void> {
    let [key, id] = ['', ''];
    do {
      const page = await request(() =>
        this.#client.listIncompleteUploadsQuery(this.#bucket, '', key, id, ''),
      );
      for (const found of page.uploads) {
        const old = this.#clock.now() - new Date(found.initiated).getTime() > abandonedMs;
        if (old) await abort(this.#client, this.#bucket, found.key, found.uploadId);
      }
      [key, id] = page.isTruncated ? [page.nextKeyMarker, page.nextUploadIdMarker] : ['', ''];
    } while (key !== '');
  }

  /** Ends idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  /** For `/ready`. Errors: `SERVICE_UNAVAILABLE`. */
  async ping(): Promise<void> {
    await request(() => this.#client.bucketExists(this.#bucket));
  }

  async put(key: string, body: Readable, options: { contentType: string }): Promise<{ size: number }> {
    keepError(body);
    try {
      checkKey(key);
      checkContentType(options.contentType);
      await this.#bucketReady();
      const target = { client: this.#client, bucket: this.#bucket, key, contentType: options.contentType };
      const stored = await upload(target, body, (uploadId, error) => this.#abandon(uploadId, key, error));
      this.#retryAborts();
      return stored;
    } catch (error) {
      body.destroy();
      throw error;
    }
  }

  async get(key: string, range?: { start: number; end?: number }): Promise<ObjectRead | undefined> {
    checkKey(key);
    if (range) checkRange(range);
    await this.#bucketReady();
    const { start = 0, end } = range ?? {};
    const length = end === undefined ? 0 : end - start + 1;
    try {
      const answer = await request(() => this.#client.getPartialObject(this.#bucket, key, start, length));
      return { body: atReadersPace(answer, this.#timeoutMs), ...describe(answer) };
    } catch (error) {
      if (missing(error)) return undefined;
      if (codeOf(error) !== 'InvalidRange') throw error;
      const found = await this.stat(key);
      return found && { body: Readable.from([], { objectMode: false }), ...found };
    }
  }

  async stat(key: string): Promise<{ size: number; contentType: string } | undefined> {
    checkKey(key);
    await this.#bucketReady();
    try {
      const { size, metaData } = await request(() => this.#client.statObject(this.#bucket, key));
      return { size, contentType: metaData['content-type'] ?? 'application/octet-stream' };
    } catch (error) {
      if (missing(error)) return undefined;
      throw error;
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) checkKey(key);
    await this.#bucketReady();
    // A thousand to a request; the client cuts them up.
    const failures = await request(() => this.#client.removeObjects(this.#bucket, [...keys]));
    const failure = failures.find((one) => one != null) as { Code?: string; Message?: string } | undefined;
    if (failure) throw Object.assign(new Error(failure.Message ?? 'not deleted'), { code: failure.Code });
  }

  async url(key: string, options: { expiresInSeconds: number; filename?: string }): Promise<string> {
    checkKey(key);
    checkExpiry(options.expiresInSeconds);
    const { expiresInSeconds, filename } = options;
    const headers = filename === undefined ? {} : { 'response-content-disposition': attachment(filename) };
    return this.#signer.presignedGetObject(this.#bucket, key, expiresInSeconds, headers);
  }

  /** Asked once; where it failed, asked again by the next call. */
  #bucketReady(): Promise<void> {
    this.#ready ??= this.#ensureBucket().catch((error) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #ensureBucket(): Promise<void> {
    if (!(await request(() => this.#client.bucketExists(this.#bucket)))) await this.#makeBucket();
    await allowPages(this.#client, this.#bucket);
  }

  async #makeBucket(): Promise<void> {
    try {
      await request(() => this.#client.makeBucket(this.#bucket, this.#region));
    } catch (error) {
      // Another program made it in this moment.
      if (codeOf(error) !== 'BucketAlreadyOwnedByYou' && codeOf(error) !== 'BucketAlreadyExists') throw error;
    }
  }

  /** Removes an upload that failed: now or, where the server is away, once it is back. */
  async #abandon(uploadId: string, key: string, failure: unknown): Promise<void> {
    if (!isUnavailable(failure)) {
      const removed = abort(this.#client, this.#bucket, key, uploadId);
      if (await removed.then(() => true).catch(() => false)) return;
    }
    if (this.#abandoned.size < maxAbandoned) this.#abandoned.set(uploadId, key);
  }

  #retryAborts(): void {
    const waiting = [...this.#abandoned];
    this.#abandoned.clear();
    for (const [uploadId, key] of waiting) void this.#abandon(uploadId, key, undefined);
  }
}

/** A URL as the client wants it. Throws TypeError where it has more than scheme, host and port: that cannot be signed. */
function address(url: string): { endPoint: string; port: number; useSSL: boolean } {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  if (pathname !== '/' || search !== '') throw new TypeError('the address of an S3 has no path');
  const useSSL = protocol === 'https:';
  return { endPoint: hostname, port: port === '' ? (useSSL ? 443 : 80) : Number(port), useSSL };
}

function missing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound', 'NoSuchBucket'].includes(codeOf(error));
}
