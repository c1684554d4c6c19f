/** Uploads (contract section 2, Media): with the session's token, repeated where that may help, watched for standing still. */
import { errorOf, type HttpAnswer, parseBody } from '../answers.ts';
import type { Calls } from '../calls.ts';
import { isTokenError, ParleyError, toParleyError } from '../errors.ts';
import type { FetchLike } from '../http.ts';
import { abortError, firstOf, unlessAborted } from '../lib/abort.ts';
import type { DebugLog } from '../lib/debug.ts';
import { repeat } from '../lib/repeat.ts';
import { baseOf } from '../lib/url.ts';
import type { Timing } from '../timing.ts';
import { multipart, type Part } from './multipart.ts';
import { Meter, Watchdog } from './progress.ts';
import type { Source } from './source.ts';
import { type Transport, transportOf } from './transport.ts';
import type { PhotoOptions } from './types.ts';

/** Where uploads go, below `/api/v1`; a test holds them against the contract. */
export const uploadTargets = {
  media: { method: 'POST', path: '/media/upload' },
  avatar: { method: 'PUT', path: '/users/me/avatar' },
  chatAvatar: { method: 'PUT', path: '/chats/{id}/avatar' },
} as const;

/** One upload. */
export interface Upload {
  readonly to: keyof typeof uploadTargets;
  /** In place of `{id}` in the path. */
  readonly id?: string | undefined;
  /** Text fields, which go before the file. */
  readonly fields: Readonly<Record<string, string>>;
  readonly source: Source;
  readonly part: Part;
}

export interface UploadParts {
  readonly url: URL;
  readonly fetch: FetchLike | undefined;
  readonly calls: Calls;
  readonly timing: Timing;
  readonly debug: DebugLog;
  /** Ends all uploads. */
  readonly closing: AbortSignal;
}

const defaultRetries = 3;

export class Uploads {
  readonly #parts: UploadParts;
  readonly #transport: Transport;

  constructor(parts: UploadParts) {
    this.#parts = parts;
    this.#transport = transportOf(parts.fetch);
  }

  /** Resolves with the answer's `data`, unchecked. Rejects with `ParleyError`, at once when the signal aborts. */
  async send(upload: Upload, { signal, onProgress, retry }: PhotoOptions): Promise<unknown> {
    const { timing, closing } = this.#parts;
    const { controller, release } = firstOf(signal, closing);
    const ended = controller.signal;
    const meter = new Meter(upload.source.size, onProgress);
    const work = repeat((before) => this.#authorized(upload, meter, ended, before), {
      retries: retry ?? defaultRetries,
      timing,
      signal: ended,
      helps: (error) => isReadable(upload.source) && mayHelp(error),
    });
    try {
      const data = await unlessAborted(work, ended);
      meter.done();
      return data;
    } finally {
      release();
    }
  }

  async #authorized(
    upload: Upload,
    meter: Meter,
    signal: AbortSignal,
    before: ParleyError | null,
  ): Promise<unknown> {
    const { source } = upload;
    const gentle = before?.code === 'NETWORK_ERROR';
    try {
      return await this.#parts.calls.withToken(
        (token) => this.#attempt(upload, token, meter, signal, gentle),
        signal,
        () => isReadable(source),
      );
    } catch (error) {
      if (isReadable(source) || !isTokenError(error)) throw error;
      const { code, requestId } = error as ParleyError;
      const message = 'The token was refused, and the stream cannot be read a second time: upload it again';
      throw new ParleyError(code, message, { cause: error, requestId });
    }
  }

  async #attempt(
    { to, id = '', fields, source, part }: Upload,
    token: string,
    meter: Meter,
    signal: AbortSignal,
    gentle: boolean,
  ): Promise<unknown> {
    const { url, timing, debug } = this.#parts;
    const { method, path } = uploadTargets[to];
    const { controller, release } = firstOf(signal);
    const watchdog = new Watchdog(timing.transferIdleMs, () => controller.abort(new ParleyError('TIMEOUT')));
    const started = Date.now();
    const said = (code?: string) => debug(`${to} upload ended`, { ms: Date.now() - started, code });
    try {
      const answer = await this.#transport({
        method,
        url: `${baseOf(url)}/api/v1${path.replace('{id}', encodeURIComponent(id))}`,
        token,
        parts: multipart(fields, part),
        source,
        signal: controller.signal,
        holdMs: gentle ? timing.earlyAnswerMs : 0,
        moved: (loaded) => {
          watchdog.move();
          meter.set(loaded);
        },
      });
      const data = dataOf(answer);
      said();
      return data;
    } catch (cause) {
      const error = controller.signal.aborted ? abortError(controller.signal) : toParleyError(cause);
      said(error.code);
      throw error;
    } finally {
      watchdog.stop();
      release();
    }
  }
}

/** Whether an upload that ended so may succeed later. One that was stored after all does no harm: nobody refers to it. */
function mayHelp({ code, retryAfter }: ParleyError): boolean {
  if (code === 'TOO_MANY_REQUESTS') return retryAfter !== undefined;
  return code === 'NETWORK_ERROR' || code === 'TIMEOUT' || code === 'SERVICE_UNAVAILABLE';
}

/** Whether it can be sent (again). */
function isReadable({ part, readable }: Source): boolean {
  return part !== null || readable();
}

/** The `data` of REST's envelope. Errors: what the answer means. */
function dataOf(answer: HttpAnswer): unknown {
  const body = answer.status < 300 ? parseBody(answer.text) : null;
  if (body?.success === true) return body.data;
  throw errorOf(answer);
}
