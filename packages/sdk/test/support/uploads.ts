/** The server's side of uploads: a strict reader of `multipart/form-data`, and answers in REST's envelope. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, errorCatalogue, type Media, type MediaType } from '@parley/contract';
import { Refused } from './accounts.ts';
import type { FakeServer } from './server.ts';

/** One part, in the order in which it came. */
export interface ReceivedPart {
  name: string;
  filename: string | null;
  mime: string | null;
  bytes: Buffer;
}

/** An upload that came completely. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  parts: ReceivedPart[];
}

/** Decides on an upload before its body is read; true where it has answered, or will. */
type Before = (
  request: IncomingMessage,
  response: ServerResponse,
  times: number,
) => boolean | Promise<boolean>;

export interface UploadSide {
  /** Those that came completely. */
  received: Received[];
  /** How many requests were made. */
  times: number;
  before: Before;
  /** What `POST /media/upload` answers, made of what came. */
  answer: (received: Received) => object;
  /** Uploads that ended before they were complete. */
  broken: number;
}

export function mediaOf(type: MediaType, fields: Partial<Media> = {}): Media {
  const media_id = randomUUID();
  return {
    media_id,
    type,
    mime_type: 'image/png',
    size_bytes: 1,
    width: null,
    height: null,
    duration_ms: null,
    filename: null,
    url: `/objects/media/${media_id}?signature=1`,
    thumbnail_url: null,
    status: type === 'video' || type === 'audio' ? 'processing' : 'ready',
    ...fields,
  };
}

/** Lets a fake server take uploads. */
export function takeUploads(server: FakeServer): UploadSide {
  const side: UploadSide = {
    received: [],
    times: 0,
    broken: 0,
    before: () => false,
    answer: ({ parts }) => {
      const file = parts.at(-1);
      const type = parts[0]?.bytes.toString() as MediaType;
      return mediaOf(type, { size_bytes: file?.bytes.length ?? 0, filename: file?.filename ?? null });
    },
  };
  const others = server.intercept;
  server.intercept = (request, response) => {
    if (!request.url?.startsWith('/api/v1/')) return others(request, response);
    void take(server, side, request, response);
    return true;
  };
  return side;
}

async function take(
  server: FakeServer,
  side: UploadSide,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  side.times++;
  try {
    if (await side.before(request, response, side.times)) return;
    const body: Buffer[] = [];
    for await (const piece of request) body.push(piece as Buffer);
    server.accounts.check(request.headers.authorization?.replace(/^Bearer /, ''));
    const { method = '', url: path = '', headers } = request;
    const whole = Buffer.concat(body);
    if (headers['content-length'] !== undefined && Number(headers['content-length']) !== whole.length) {
      throw new Error('The length is not the one that was said');
    }
    const received = { method, path, headers, parts: parse(whole, String(headers['content-type'])) };
    side.received.push(received);
    succeed(response, method === 'POST' ? 201 : 200, side.answer(received));
  } catch (error) {
    if (error instanceof Refused) refuse(response, error.code, error.retryAfter);
    else if (request.destroyed && !request.complete) side.broken++;
    else refuse(response, 'BAD_REQUEST', undefined, String(error));
  }
}

export function succeed(response: ServerResponse, status: number, data: object): void {
  const meta = { request_id: 'req-12345678', timestamp: new Date().toISOString() };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ success: true, data, error: null, meta }));
}

export function refuse(
  response: ServerResponse,
  code: ErrorCode,
  retryAfter?: number,
  message: string = code,
): void {
  const meta = { request_id: 'req-12345678', timestamp: new Date().toISOString() };
  const wait = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  response.writeHead(errorCatalogue[code].http, {
    'content-type': 'application/json',
    'x-request-id': 'req-12345678',
    ...wait,
  });
  response.end(JSON.stringify({ success: false, data: null, error: { code, message, details: [] }, meta }));
}

/** Reads a body by the letter of RFC 7578, in one go; names with what browsers escape taken back. Throws on anything else. */
export function parse(body: Buffer, contentType: string): ReceivedPart[] {
  const boundary = /^multipart\/form-data; boundary=([\w'()+,./:=?-]{1,70})$/.exec(contentType)?.[1];
  if (!boundary) throw new Error('There is no boundary');
  const parts: ReceivedPart[] = [];
  let at = expectAt(body, 0, `--${boundary}`);
  while (!startsAt(body, at, '--\r\n')) {
    at = expectAt(body, at, '\r\n');
    const headEnd = body.indexOf('\r\n\r\n', at);
    const end = body.indexOf(`\r\n--${boundary}`, headEnd + 2);
    if (headEnd < 0 || end < 0) throw new Error('A part has no end');
    parts.push({ ...headOf(body.toString('utf8', at, headEnd)), bytes: body.subarray(headEnd + 4, end) });
    at = end + boundary.length + 4;
  }
  if (at + 4 !== body.length) throw new Error('There is something behind the end');
  return parts;
}

function headOf(head: string): Omit<ReceivedPart, 'bytes'> {
  const [first = '', second, ...more] = head.split('\r\n');
  const found = /^Content-Disposition: form-data; name="([^"\r\n]+)"(?:; filename="([^"\r\n]*)")?$/.exec(
    first,
  );
  const mime = second === undefined ? null : /^Content-Type: (\S.*)$/.exec(second)?.[1];
  if (!found?.[1] || mime === undefined || more.length > 0) throw new Error(`A part begins with ${head}`);
  return { name: found[1], filename: found[2] === undefined ? null : unescaped(found[2]), mime };
}

function unescaped(name: string): string {
  return name.replace(/%(0D|0A|22)/g, decodeURIComponent);
}

function startsAt(body: Buffer, at: number, text: string): boolean {
  return body.toString('latin1', at, at + text.length) === text;
}

function expectAt(body: Buffer, at: number, text: string): number {
  if (!startsAt(body, at, text)) throw new Error(`At ${at} there is no ${JSON.stringify(text)}`);
  return at + text.length;
}
