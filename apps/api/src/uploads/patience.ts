/** How long an upload is waited for. */
import { AppError } from '@parley/core';

/** Milliseconds. */
export interface UploadTimes {
  /** From the first byte of the body to the last. */
  wholeMs: number;
  /** Without a byte from the client, while bytes are wanted. */
  silenceMs: number;
}

export const uploadTimes: UploadTimes = { wholeMs: 10 * 60_000, silenceMs: 30_000 };

interface Waiting {
  /** Whether it is this server that has not taken the last bytes yet. */
  isOurs(): boolean;
  over(error: AppError): void;
}

export class Patience {
  readonly #whole: NodeJS.Timeout;
  readonly #silence: NodeJS.Timeout;

  constructor({ wholeMs, silenceMs }: UploadTimes, { isOurs, over }: Waiting) {
    const end = (message: string) => over(new AppError('BAD_REQUEST', message));
    this.#whole = setTimeout(() => end('The upload took too long'), wholeMs);
    this.#silence = setTimeout(() => {
      if (isOurs()) this.#silence.refresh();
      else end('The upload stopped: nothing came for too long');
    }, silenceMs);
  }

  /** Bytes came. */
  refresh(): void {
    this.#silence.refresh();
  }

  end(): void {
    clearTimeout(this.#whole);
    clearTimeout(this.#silence);
  }
}
