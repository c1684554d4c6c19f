import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

import type { SampleFile } from '../media/protocol.ts';
import { callApi } from './http-api.ts';

const boundary = 'parley-bench-7d1e5f2c90';

/** What the server answers to an upload, as far as it is looked at. */
export interface UploadedMedia {
  media_id: string;
  type: string;
  size_bytes: number;
  thumbnail_url: string | null;
  status: 'processing' | 'ready';
}

/** One user's uploads of one file over one keep-alive connection. The bytes are read once and written as they are. */
export class Uploader {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #token: string;
  readonly #file: Omit<SampleFile, 'path'>;
  readonly #content: Buffer;
  readonly #before: Buffer;
  readonly #after = Buffer.from(`\r\n--${boundary}--\r\n`);

  constructor(url: string, token: string, file: SampleFile, content = readFileSync(file.path)) {
    this.#url = url;
    this.#token = token;
    this.#file = file;
    this.#content = content;
    const part = (about: string) => `--${boundary}\r\nContent-Disposition: form-data; ${about}\r\n`;
    this.#before = Buffer.from(
      `${part('name="type"')}\r\n${file.type}\r\n${part(`name="file"; filename="${file.filename}"`)}` +
        'Content-Type: application/octet-stream\r\n\r\n',
    );
  }

  /** Errors: the server refuses it, or answers something that cannot be right. */
  async upload(): Promise<UploadedMedia> {
    const { status, text } = await this.#post();
    if (status !== 201) throw new Error(`an upload was answered with ${status}: ${text.slice(0, 300)}`);
    const { data } = JSON.parse(text) as { data: UploadedMedia };
    const { type, bytes } = this.#file;
    if (data.type !== type || data.size_bytes !== bytes)
      throw new Error(`${type} of ${bytes} bytes became ${data.type} of ${data.size_bytes}`);
    if (type === 'image' && data.thumbnail_url === null) throw new Error('an image has no thumbnail');
    return data;
  }

  /** The file as it is now. */
  async look({ media_id }: Pick<UploadedMedia, 'media_id'>): Promise<UploadedMedia> {
    return callApi<UploadedMedia>(this.#url, 'GET', `/media/${media_id}`, undefined, this.#token);
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(): Promise<{ status: number; text: string }> {
    const length = this.#before.length + this.#content.length + this.#after.length;
    return new Promise((resolve, reject) => {
      const sending = request(`${this.#url}/api/v1/media/upload`, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          authorization: `Bearer ${this.#token}`,
          'content-type': `multipart/form-data; boundary=${boundary}`,
          'content-length': length,
        },
      });
      sending.on('error', reject);
      sending.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      });
      sending.write(this.#before);
      sending.write(this.#content);
      sending.end(this.#after);
    });
  }
}
