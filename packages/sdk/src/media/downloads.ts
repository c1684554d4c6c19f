/** Fetching files from their addresses, which need no token and may be on another server (contract section 2, Media). */
import { errorOf } from '../answers.ts';
import { codeOfStatus, ParleyError, toParleyError } from '../errors.ts';
import { type FetchLike, globalFetch } from '../http.ts';
import { abortError, firstOf } from '../lib/abort.ts';
import type { Timing } from '../timing.ts';
import { Meter, Watchdog } from './progress.ts';
import type { TransferOptions } from './types.ts';

export interface DownloadParts {
  readonly fetch: FetchLike | undefined;
  readonly timing: Timing;
  /** Ends all downloads. */
  readonly closing: AbortSignal;
}

/** A file that is coming. */
export interface Download {
  readonly mime: string;
  readonly stream: ReadableStream<Uint8Array>;
}

/** Begins to fetch; `size` in bytes where it is known. Rejects, and the stream fails, with `ParleyError`. */
export async function download(
  url: string,
  size: number | undefined,
  { signal, onProgress }: TransferOptions,
  { fetch = globalFetch, timing, closing }: DownloadParts,
): Promise<Download> {
  const { controller, release } = firstOf(signal, closing);
  const ended = controller.signal;
  const watchdog = new Watchdog(timing.transferIdleMs, () => controller.abort(new ParleyError('TIMEOUT')));
  const stop = () => {
    watchdog.stop();
    release();
  };
  const failed = (cause: unknown) => {
    stop();
    return ended.aborted ? abortError(ended) : toParleyError(cause);
  };
  try {
    if (ended.aborted) throw abortError(ended);
    const response = await fetch(url, { signal: ended });
    if (!response.ok || !response.body) throw await refusalOf(response);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const meter = new Meter(size ?? (Number.isFinite(length) ? length : 0), onProgress);
    const reader = response.body.getReader();
    let loaded = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        async pull(target) {
          try {
            // Who takes the stream may take its time: only the network is watched.
            watchdog.move();
            const { done, value } = await reader.read();
            watchdog.stop();
            if (done) {
              stop();
              meter.done();
              return target.close();
            }
            loaded += value.byteLength;
            meter.set(loaded);
            target.enqueue(value);
          } catch (cause) {
            target.error(failed(cause));
          }
        },
        cancel(reason) {
          stop();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    watchdog.stop();
    return { mime: response.headers.get('content-type') ?? '', stream };
  } catch (cause) {
    throw failed(cause);
  }
}

/** A storage server's refusal counts too: an address whose hour is over is refused. */
async function refusalOf(response: Response): Promise<ParleyError> {
  const { status, headers } = response;
  const error = errorOf({ status, text: await response.text(), header: (name) => headers.get(name) });
  if (error.code !== 'NETWORK_ERROR') return error;
  const code = status === 410 ? 'NOT_FOUND' : codeOfStatus(status);
  return new ParleyError(code, `The file cannot be fetched (HTTP ${status})`, { requestId: error.requestId });
}

/** Whether another address of the same file may help. */
export function isStale(error: unknown): boolean {
  const codes: readonly string[] = ['FORBIDDEN', 'NOT_FOUND', 'UNAUTHORIZED', 'BAD_REQUEST'];
  return error instanceof ParleyError && codes.includes(error.code);
}
