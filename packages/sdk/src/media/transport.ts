/**
 * How an upload reaches the server. Browsers tell how far one has come to `XMLHttpRequest` alone, and cannot stream; Node has no
 * such thing, but its `fetch` takes a stream, of which one can see how much was taken.
 */
import type { HttpAnswer } from '../answers.ts';
import { ParleyError } from '../errors.ts';
import { type FetchLike, globalFetch } from '../http.ts';
import { abortError, onAbort, sleep } from '../lib/abort.ts';
import { Body } from './body.ts';
import type { Multipart } from './multipart.ts';
import type { Source } from './source.ts';

export interface UploadRequest {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly token: string;
  readonly parts: Multipart;
  readonly source: Source;
  readonly signal: AbortSignal;
  /** Hears how many bytes of the file were sent. */
  readonly moved: (loaded: number) => void;
  /**
   * Milliseconds to wait after the first piece. A server that refuses early may close while it is being sent to, and its answer
   * is lost with the connection; a moment's wait gives it a chance (what `Expect: 100-continue` is for, RFC 9110 section 10.1.1).
   */
  readonly holdMs: number;
}

/** Rejects with `ParleyError`, or with what `fetch` throws. */
export type Transport = (request: UploadRequest) => Promise<HttpAnswer>;

/** Other platforms' `fetch` takes no stream, or only where the network is of a newer kind. The build for pages knows that it is not. */
const isNode = Boolean(
  (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node,
);

/** The best one of this platform; a `fetch` of the caller's own is always used. */
export function transportOf(fetch: FetchLike | undefined): Transport {
  if (fetch || typeof XMLHttpRequest === 'undefined') {
    const send = fetch ?? globalFetch;
    return isNode ? (request) => streamed(request, send) : (request) => fetched(request, send);
  }
  return sent;
}

function headersOf({ token, parts }: UploadRequest): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'content-type': parts.contentType };
}

/** A Blob of files takes no memory: browsers read it as they send. What comes as a stream is read to its end first, once. */
async function blobOf({ parts, source, signal, moved }: UploadRequest): Promise<Blob> {
  source.part ??= await collected(source, signal, () => moved(0));
  return new Blob([parts.head, source.part, parts.tail] as BlobPart[]);
}

export async function collected(source: Source, signal: AbortSignal, moved: () => void): Promise<Blob> {
  const none = new Uint8Array();
  const body = new Body(source, { head: none, tail: none, moved, hold: async () => {} });
  const stop = onAbort(signal, () => body.close());
  try {
    return await new Response(body.stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob();
  } catch (error) {
    throw body.failure ?? error;
  } finally {
    stop();
  }
}

async function sent(request: UploadRequest): Promise<HttpAnswer> {
  const { method, url, parts, source, signal, moved } = request;
  const body = await blobOf(request);
  if (signal.aborted) throw abortError(signal);
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headersOf(request))) xhr.setRequestHeader(name, value);
    const stop = onAbort(signal, () => {
      xhr.abort();
      reject(abortError(signal));
    });
    xhr.upload.onprogress = ({ loaded }) =>
      moved(Math.min(source.size, Math.max(0, loaded - parts.head.length)));
    xhr.onload = () => {
      const { status, responseText: text } = xhr;
      resolve({ status, text, header: (name) => xhr.getResponseHeader(name) });
    };
    xhr.onerror = () => reject(new ParleyError('NETWORK_ERROR'));
    xhr.onloadend = stop;
    xhr.send(body);
  });
}

async function fetched(request: UploadRequest, send: FetchLike): Promise<HttpAnswer> {
  const { method, url, signal } = request;
  const body = await blobOf(request);
  return answerOf(await send(url, { method, headers: headersOf(request), body, signal, cache: 'no-store' }));
}

async function streamed(request: UploadRequest, send: FetchLike): Promise<HttpAnswer> {
  const { method, url, parts, source, signal, moved, holdMs } = request;
  const { head, tail } = parts;
  const body = new Body(source, { head, tail, moved, hold: () => sleep(holdMs, signal) });
  const length = head.length + source.size + tail.length;
  const init = {
    method,
    // With its length a server can refuse a file that is too large before it comes.
    headers: { ...headersOf(request), 'content-length': String(length) },
    body: body.stream as ReadableStream<Uint8Array<ArrayBuffer>>,
    duplex: 'half',
    signal,
    cache: 'no-store' as const,
    // Where it might have to send a body once more, Node keeps all of it: these two say that it does not.
    redirect: 'error' as const,
    window: null,
  };
  try {
    return await answerOf(await send(url, init));
  } catch (error) {
    throw body.failure ?? error;
  } finally {
    body.close();
  }
}

async function answerOf(response: Response): Promise<HttpAnswer> {
  const text = await response.text();
  return { status: response.status, text, header: (name) => response.headers.get(name) };
}
