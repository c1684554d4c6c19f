/** Files behind signed addresses, as the tests of both `objects` files ask for them. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { Readable } from 'node:stream';
import type { CallOptions, TestServer } from './http.ts';

/** Bytes that tell where they are from. */
export const content = Buffer.from(Array.from({ length: 3_000 }, (_, i) => i % 251));
export const key = 'media/0198c6f4-7c11-7b02-9a5e-2f6d1c0b8a77';

/** Stores a file. */
export function store(server: TestServer, name: string, bytes: Buffer, contentType: string) {
  const body = Readable.from([bytes], { objectMode: false });
  return server.runtime.objects.put(name, body, { contentType });
}

/** An address that works for an hour; with `filename`, a download of that name. */
export function sign(server: TestServer, name: string, filename?: string): Promise<string> {
  const options = filename === undefined ? {} : { filename };
  return server.runtime.objects.url(name, { expiresInSeconds: 3600, ...options });
}

/** An answer whose body is bytes. */
export async function fetchBytes(
  server: TestServer,
  method: string,
  path: string,
  headers: CallOptions['headers'] = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers });
  sent.end();
  const [response] = await once(sent, 'response');
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode, headers: response.headers, body };
}
