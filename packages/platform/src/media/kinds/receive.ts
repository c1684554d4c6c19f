/** MediaTools.receive: decides by its first bytes what a file is, and lets the rest through as long as it stays that (contract section 2, Media). */
import { Readable } from 'node:stream';
import { limits, type MediaType } from '@parley/contract';
import { type AcceptedFile, AppError } from '@parley/core';
import { verifyArchive } from './archive.ts';
import { detect, headBytes } from './detect.ts';
import { FileBytes } from './file-bytes.ts';
import { claimedDocument, claimsMarkup, extensionOf } from './filename.ts';
import { type Kind, kinds, notAccepted, notWhatItSays } from './kind.ts';
import { isText, plainText, TextCheck } from './text.ts';

/** What whoever sends a file says of it. */
export interface Claim {
  /** Null: its bytes decide. */
  type: MediaType | null;
  filename: string | null;
}

/**
 * Looks at the first 8 KB, and holds no more. The stream that it answers gives every byte on as fast as it is read, and fails with AppError
 * `MEDIA_TOO_LARGE` at the first byte over `limits.mediaBytes`, with `MEDIA_INVALID_TYPE` where text turns out to be none. Errors:
 * `MEDIA_INVALID_TYPE`; `body` is destroyed then.
 */
export async function receiveFile(body: Readable, claim: Claim): Promise<AcceptedFile> {
  const pieces: AsyncIterator<Buffer | string> = body[Symbol.asyncIterator]();
  try {
    const { head, whole } = await readHead(pieces);
    if (head.length === 0) throw notAccepted(claim.type, 'The file is empty');
    const kind = await decide(head, whole, claim);
    const type = settleType(kind, claim.type);
    const mimeType = type === 'audio' && kinds[kind].type === 'video' ? 'audio/mp4' : kinds[kind].mimeType;
    const checked = check(head, whole ? undefined : pieces, type, kind);
    return { type, mimeType, body: new Passed(checked, body) };
  } catch (error) {
    await pieces.return?.();
    throw error;
  }
}

async function readHead(pieces: AsyncIterator<Buffer | string>): Promise<{ head: Buffer; whole: boolean }> {
  const read: Buffer[] = [];
  for (let length = 0; length < headBytes; ) {
    const { value, done } = await pieces.next();
    if (done) return { head: Buffer.concat(read), whole: true };
    const piece = bytes(value);
    read.push(piece);
    length += piece.length;
  }
  return { head: Buffer.concat(read), whole: false };
}

function bytes(piece: Buffer | string): Buffer {
  return Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
}

async function decide(head: Buffer, whole: boolean, { type, filename }: Claim): Promise<Kind> {
  const kind = await detect(head.subarray(0, headBytes), filename);
  if (kind === 'other') {
    throw extensionOf(filename) === 'txt' ? notWhatItSays(plainText) : notAccepted(type);
  }
  const claimed = claimedDocument(filename);
  if (claimed && claimed !== kind) {
    throw notWhatItSays(`By its name the file is ${claimed.toUpperCase()}, but it holds something else`);
  }
  // Whatever it is: by its name it would be opened as something that runs.
  if (claimsMarkup(filename)) {
    throw notAccepted(type, 'Web pages, XML, SVG and rich text are not accepted');
  }
  if (isText(kind)) {
    // So that what shows at the beginning is answered now.
    const check = new TextCheck(kind);
    check.write(head);
    if (whole) check.end();
  }
  if (whole && ['docx', 'xlsx', 'pptx'].includes(kind)) await verifyArchive(FileBytes.of(head), kind);
  return kind;
}

/** Browsers record sound into MP4 under a brand that says nothing of it: whether there is a picture in it, the whole shows. */
function settleType(kind: Kind, claimed: MediaType | null): MediaType {
  const { type } = kinds[kind];
  if (claimed === null || claimed === type) return type;
  if (claimed === 'audio' && (kind === 'mp4' || kind === '3gp')) return claimed;
  throw notAccepted(claimed, `The file is ${names[type]}, not ${names[claimed]}`);
}

const names: Record<MediaType, string> = {
  image: 'an image',
  video: 'a video',
  audio: 'audio',
  document: 'a document',
};

/** What was checked of a source, which ends with it. */
class Passed extends Readable {
  readonly #pieces: AsyncGenerator<Buffer, void>;
  readonly #source: Readable;

  constructor(pieces: AsyncGenerator<Buffer, void>, source: Readable) {
    super();
    this.#pieces = pieces;
    this.#source = source;
  }

  override _read(): void {
    this.#pieces.next().then(
      ({ value, done }) => this.push(done ? null : value),
      (error) => this.destroy(error),
    );
  }

  /** Whoever stops reading must not leave the source waiting, which may be stuck in the middle of a piece. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#source.readableEnded) this.#source.destroy();
    done(error);
  }
}

async function* check(
  head: Buffer,
  rest: AsyncIterator<Buffer | string> | undefined,
  type: MediaType,
  kind: Kind,
): AsyncGenerator<Buffer, void> {
  const most = limits.mediaBytes[type];
  const text = isText(kind) ? new TextCheck(kind) : undefined;
  let size = 0;
  const checked = (piece: Buffer) => {
    size += piece.length;
    if (size > most) {
      throw new AppError(
        'MEDIA_TOO_LARGE',
        `The file is too large: ${names[type]} may have ${most / 2 ** 20} MB`,
      );
    }
    text?.write(piece);
    return piece;
  };
  yield checked(head);
  if (rest) for await (const piece of { [Symbol.asyncIterator]: () => rest }) yield checked(bytes(piece));
  text?.end();
}
