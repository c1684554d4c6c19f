import { Transform, type TransformCallback } from 'node:stream';
import { tooLarge } from './size.ts';

/** The bytes of the file on their way. It fails at the first byte too many, and ends only once the form around it is good. */
export class FileBody extends Transform {
  readonly #most: number;
  readonly #whole: Promise<void>;
  #size = 0;

  constructor(most: number, whole: Promise<void>) {
    super();
    this.#most = most;
    this.#whole = whole;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length;
    if (this.#size > this.#most) done(tooLarge(this.#most));
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    this.#whole.then(
      () => done(),
      (error) => done(error),
    );
  }
}
