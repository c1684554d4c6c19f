/** A whole file through both looks, as an upload goes. */
import { Readable } from 'node:stream';
import type { MediaType } from '@parley/contract';
import { receiveFile, verifyFile } from '../../src/media/kinds/index.ts';
import { collect, cut, outcome } from './bytes.ts';

export interface Sent {
  type?: MediaType | null;
  filename?: string | null;
  sizes?: readonly number[];
}

export function receive(bytes: Buffer, { type = null, filename = null, sizes }: Sent = {}) {
  return receiveFile(cut(bytes, sizes), { type, filename });
}

export function verify(
  bytes: Buffer,
  mimeType: string,
  { type = null, filename = null }: Sent = {},
): Promise<void> {
  return verifyFile(
    { type: type ?? 'document', mimeType, sizeBytes: bytes.length, filename },
    async (start, end) => Readable.from([bytes.subarray(start, end + 1)]),
  );
}

/** `type mimeType` of a file that both looks let through byte for byte, or what the first that did not said. */
export async function upload(bytes: Buffer, sent: Sent = {}): Promise<string> {
  let answer = '';
  const result = await outcome(
    (async () => {
      const { type, mimeType, body } = await receive(bytes, sent);
      if (!(await collect(body)).equals(bytes)) throw new Error('the bytes were changed');
      await verify(bytes, mimeType, { ...sent, type });
      answer = `${type} ${mimeType}`;
    })(),
  );
  return result === 'done' ? answer : result;
}
