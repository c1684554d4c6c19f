/** Forms as clients send them, byte for byte. */
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import type { RestAnswer, TestServer } from './http.ts';

export const boundary = 'parley-test-boundary';
export const multipart = `multipart/form-data; boundary=${boundary}`;

/** A part of a form: its headers as they are, and what it holds. */
export function part(headers: string | Buffer, content: string | Buffer = ''): Buffer {
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\n`),
    Buffer.from(headers),
    Buffer.from('\r\n\r\n'),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
}

export function field(name: string, value: string): Buffer {
  return part(`Content-Disposition: form-data; name="${name}"`, value);
}

/** The part `file`. What it holds begins with `i`, `v`, `a` or `d`, which makes it an image and so on for the tools here. */
export function file(content: string | Buffer, filename = 'lake.png', name = 'file'): Buffer {
  const headers = `Content-Disposition: form-data; name="${name}"; filename="${filename}"`;
  return part(`${headers}\r\nContent-Type: application/octet-stream`, content);
}

export const end = Buffer.from(`--${boundary}--\r\n`);

/** A whole form. */
export function form(...parts: Buffer[]): Buffer {
  return Buffer.concat([...parts, end]);
}

/** An upload with its body at once. */
export function upload(
  server: TestServer,
  token: string | undefined,
  body: Buffer,
  options: { path?: string; method?: string; headers?: Record<string, string | string[]> } = {},
): Promise<RestAnswer> {
  return server.rest(options.method ?? 'POST', options.path ?? '/media/upload', {
    ...(token === undefined ? {} : { token }),
    body,
    headers: { 'content-type': multipart, ...options.headers },
  });
}

/** Begins an upload, or another request, whose body the test writes. */
export function begin(
  server: TestServer,
  token: string | undefined,
  headers: Record<string, string | number> = {},
  [method, path]: readonly [method: string, path: string] = ['POST', '/api/v1/media/upload'],
): ClientRequest {
  const sent = request({
    host: '127.0.0.1',
    port: server.port,
    method,
    path,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      'content-type': multipart,
      ...headers,
    },
  });
  // A server that has answered may close while the client still writes.
  sent.on('error', () => {});
  return sent;
}

/** The answer of a request that was begun. */
export async function answerTo(sent: ClientRequest): Promise<RestAnswer> {
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode, headers: response.headers, text, body: JSON.parse(text) };
}
