import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Log } from '@parley/core';
import { describeError } from '@parley/platform';
import type { Response } from 'express';
import { localsOf } from '../http/locals.ts';

/**
 * Sends a file whose headers are set, at the pace of its reader. Never rejects: where it breaks in the middle, the connection closes, which
 * tells the client that bytes are missing. A reader that goes away closes the file.
 */
export async function stream(body: Readable, res: Response, log: Log): Promise<void> {
  try {
    await pipeline(body, res);
  } catch (error) {
    if (isReaderGone(error)) return;
    const { requestId, route } = localsOf(res);
    log.error(
      { request_id: requestId, route, error: describeError(error) },
      'a file could not be sent whole',
    );
  }
}

function isReaderGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    code === 'ERR_STREAM_UNABLE_TO_PIPE' ||
    code === 'ECONNRESET' ||
    code === 'EPIPE'
  );
}
