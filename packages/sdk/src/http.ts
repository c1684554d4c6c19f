/**
 * Calls of procedures: tRPC 11 over HTTP at `<url>/trpc`, queries by GET with the input in the address, mutations by POST. One request
 * for each call, no batches: in a batch a call cannot be aborted alone, and waits for the slowest. tRPC's own client would be three
 * times the size of all this file.
 */
import type { ProcedurePath } from '@parley/contract';
import { errorOf, parseBody } from './answers.ts';
import { codeOfStatus, ParleyError, readWireError, toParleyError } from './errors.ts';
import { abortError, firstOf } from './lib/abort.ts';
import type { DebugLog } from './lib/debug.ts';
import { baseOf } from './lib/url.ts';
import { isQuery } from './queries.ts';

/** What the SDK needs of a `fetch`: the global one, or one that adds headers, a proxy, a trace. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** The global `fetch`: it must not be called as a method, and may be replaced (by a test, a tracer) at any time. */
export const globalFetch: FetchLike = (url, init) => globalThis.fetch(url, init);

/** How one call is made. */
export interface HttpCall {
  /** Access token; none for procedures that anyone may call. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until `TIMEOUT`. */
  readonly timeoutMs: number;
  /** Whether it goes on when the client is closed. */
  readonly outlivesClient?: boolean | undefined;
}

export interface HttpOptions {
  readonly url: URL;
  readonly fetch: FetchLike | undefined;
  readonly debug: DebugLog;
  /** Ends all calls under way. */
  readonly closing: AbortSignal;
}

export class Http {
  readonly #url: string;
  readonly #fetch: FetchLike;
  readonly #debug: DebugLog;
  readonly #closing: AbortSignal;

  constructor({ url, fetch, debug, closing }: HttpOptions) {
    this.#url = `${baseOf(url)}/trpc/`;
    this.#fetch = fetch ?? globalFetch;
    this.#debug = debug;
    this.#closing = closing;
  }

  /** Calls a procedure; what it answers is the contract's `OutputOf<P>`, unchecked. Rejects with `ParleyError`. */
  async call(path: ProcedurePath, input: unknown, call: HttpCall): Promise<unknown> {
    const { token, signal, timeoutMs, outlivesClient } = call;
    const { controller: ending, release } = firstOf(signal, outlivesClient ? undefined : this.#closing);
    const timer = setTimeout(() => ending.abort(new ParleyError('TIMEOUT')), timeoutMs);
    const started = Date.now();
    try {
      const answer = await this.#send(path, input, token, ending.signal);
      this.#debug(`${path} answered`, { ms: Date.now() - started });
      return answer;
    } catch (cause) {
      const error = ending.signal.aborted ? abortError(ending.signal) : toParleyError(cause);
      this.#debug(`${path} failed`, {
        ms: Date.now() - started,
        code: error.code,
        request_id: error.requestId,
      });
      throw error;
    } finally {
      clearTimeout(timer);
      release();
    }
  }

  async #send(
    path: ProcedurePath,
    input: unknown,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    if (signal.aborted) throw abortError(signal);
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // Answers are never to come from the browser's cache: they say what is now.
    const init: RequestInit = { headers, signal, cache: 'no-store' };
    let address = this.#url + path;
    const text = JSON.stringify(input ?? {});
    if (isQuery(path)) address += `?input=${encodeURIComponent(text)}`;
    else {
      headers['content-type'] = 'application/json';
      init.method = 'POST';
      init.body = text;
    }
    const response = await this.#fetch(address, init);
    return readAnswer(response.status, await response.text(), response.headers);
  }
}

/** The data of tRPC's answer. Errors: the one it tells, or what the answer of somebody else (a proxy, a captive portal) means. */
function readAnswer(status: number, text: string, headers: Headers): unknown {
  const { result, error } = (parseBody(text) ?? {}) as {
    result?: { data?: unknown };
    error?: { code?: unknown; message?: string; data?: { parley?: unknown } };
  };
  if (result) return result.data;
  // REST's envelope has a code, too, which is no number.
  if (typeof error?.code !== 'number') throw errorOf({ status, text, header: (name) => headers.get(name) });
  throw readWireError(error.data?.parley, codeOfStatus(status), { message: error.message });
}
