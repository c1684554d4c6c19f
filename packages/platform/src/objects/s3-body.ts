/** Reading an object from S3 at the pace of whoever reads it. */
import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { unavailable } from '@parley/core';
import { timedOut } from './s3-connection.ts';

/** Size of the whole object and its type, from the answer to a GET. */
export function describe(answer: Readable): { size: number; contentType: string } {
  if (!(answer instanceof IncomingMessage)) throw new TypeError('the answer has no headers');
  const { headers } = answer;
  const whole = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] ?? headers['content-length'];
  return { size: Number(whole), contentType: headers['content-type'] ?? 'application/octet-stream' };
}

/**
 * A reader that is slow is not a server that is away: the connection's own clock stops, and one runs only while somebody
 * waits for bytes. The stream fails with `SERVICE_UNAVAILABLE` where none come for `timeoutMs`, or the connection breaks.
 */
export function atReadersPace(answer: Readable, timeoutMs: number): Readable {
  if (answer instanceof IncomingMessage) answer.setTimeout(0);
  return Readable.from(pieces(answer, timeoutMs), { objectMode: false });
}

async function* pieces(answer: Readable, timeoutMs: number): AsyncGenerator<Buffer> {
  const source = answer[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => answer.destroy(timedOut(timeoutMs)), timeoutMs);
      const next = await source.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw unavailable('The object store', error);
  } finally {
    answer.destroy();
  }
}
