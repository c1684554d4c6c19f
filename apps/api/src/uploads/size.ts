/** How large a file may be, and the request that carries it. */
import type { IncomingMessage } from 'node:http';
import { AppError } from '@parley/core';

/** Bytes of a form beside its file: headers of parts, fields, boundaries. */
const around = 64 * 1024;

/** Bytes of a request with a file of at most `most` bytes. */
export function mayHave(most: number): number {
  return most + around;
}

/** Refuses a request that says that it is longer than it may be. Errors: `MEDIA_TOO_LARGE`. */
export function checkLength(req: IncomingMessage, most: number): void {
  if (Number(req.headers['content-length'] ?? 0) > mayHave(most)) throw tooLarge(most);
}

export function tooLarge(most: number): AppError {
  return new AppError('MEDIA_TOO_LARGE', `The file is too large: ${most / 2 ** 20} MB at most`);
}
