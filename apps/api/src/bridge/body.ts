/** JSON request bodies, read within a limit. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { limits } from '@parley/contract';
import { AppError } from '@parley/core';

/** Thrown when the client left before its request was complete: there is nobody to answer. */
export class ClientGone extends Error {}

/** Whether the request says that it has a body larger than `maxBytes`. */
export function declaresTooMuch(req: IncomingMessage, maxBytes: number = limits.jsonBody): boolean {
  return Number(req.headers['content-length'] ?? 0) > maxBytes;
}

/**
 * The parsed body; `{}` where there is none. Errors: `PAYLOAD_TOO_LARGE` (more than `maxBytes`), `BAD_REQUEST` (no
 * JSON, not UTF-8, another media type), `ClientGone`.
 */
export async function readJson(req: IncomingMessage, maxBytes: number = limits.jsonBody): Promise<unknown> {
  const { headers } = req;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return {};
  if (declaresTooMuch(req, maxBytes)) throw new AppError('PAYLOAD_TOO_LARGE');
  const body = await readBytes(req, maxBytes);
  if (body.length === 0) return {};
  checkMediaType(headers['content-type'], headers['content-encoding']);
  if (!isUtf8(body)) throw new AppError('BAD_REQUEST', 'The body is not valid UTF-8');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AppError('BAD_REQUEST', 'The body is not valid JSON');
  }
}

function readBytes(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else {
        // What still comes is read and dropped; see `reply`.
        chunks.length = 0;
        reject(new AppError('PAYLOAD_TOO_LARGE'));
      }
    });
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    req.on('error', () => reject(new ClientGone()));
    req.on('close', () => reject(new ClientGone()));
    // Gone already, while it was looked at who it is.
    if (req.destroyed) reject(new ClientGone());
  });
}

function checkMediaType(type: string | undefined, encoding: string | undefined): void {
  const [media = '', ...parameters] = (type ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((one) => one.startsWith('charset='));
  const isJson = media.trim() === 'application/json';
  const isUnicode = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!isJson || !isUnicode) {
    throw new AppError('BAD_REQUEST', 'The body must be JSON in UTF-8, with Content-Type: application/json');
  }
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('BAD_REQUEST', 'The body must not be compressed');
  }
}
