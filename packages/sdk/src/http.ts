/** Calls of procedures: tRPC 11 over HTTP at `<url>/trpc`, mutations by POST, queries by GET. */

import type { ProcedurePath } from '@parley/contract';
import { procedureKinds } from '@parley/contract/kinds';
import { createTRPCUntypedClient, TRPCClientError } from '@trpc/client';
import { httpLink } from '@trpc/client/links/httpLink';
import { errorOf, parseBody } from './answers.ts';
import { codeOfStatus, ParleyError, readWireError } from './errors.ts';
import { abortError, firstOf } from './lib/abort.ts';
import type { DebugLog } from './lib/debug.ts';
import { baseOf } from './lib/url.ts';

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
  readonly #debug: DebugLog;
  readonly #closing: AbortSignal;
  readonly #client: ReturnType<typeof createTRPCUntypedClient>;

  constructor({ url, fetch, debug, closing }: HttpOptions) {
    this.#debug = debug;
    this.#closing = closing;
    const send = fetch ?? globalFetch;
    this.#client = createTRPCUntypedClient({
      links: [
        // One request per call, not batches: in a batch a call cannot be aborted alone, and waits for the slowest.
        httpLink({
          url: `${baseOf(url)}/trpc`,
          // Answers are never to come from the browser's cache: they say what is now.
          fetch: async (address, init) =>
            readAnswer(await send(String(address), { ...(init as RequestInit), cache: 'no-store' })),
          headers: ({ op }) => {
            const { token } = op.context;
            return typeof token === 'string' ? { authorization: `Bearer ${token}` } : {};
          },
        }),
      ],
    });
  }

  /** Calls a procedure; what it answers is the contract's `OutputOf<P>`, unchecked. Rejects with `ParleyError`. */
  async call(path: ProcedurePath, input: unknown, call: HttpCall): Promise<unknown> {
    const { token, signal, timeoutMs, outlivesClient } = call;
    const { controller: ending, release } = firstOf(signal, outlivesClient ? undefined : this.#closing);
    const timer = setTimeout(() => ending.abort(new ParleyError('TIMEOUT')), timeoutMs);
    const started = Date.now();
    try {
      const options = { signal: ending.signal, context: { token } };
      const answer = await this.#client[procedureKinds[path]](path, input, options);
      this.#debug(`${path} answered`, { ms: Date.now() - started });
      return answer;
    } catch (cause) {
      const error = ending.signal.aborted ? abortError(ending.signal) : readCallError(cause);
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
}

/** What tRPC needs of an answer. */
interface Answer {
  readonly ok: boolean;
  json(): Promise<unknown>;
}

/** Lets answers of tRPC pass; others (a proxy's error page, REST's envelope, a captive portal) become the error they mean. */
async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = parseBody(text);
  if (isTrpc(body)) return { ok: response.ok, json: async () => body };
  throw errorOf({ status: response.status, text, header: (name) => response.headers.get(name) });
}

function isTrpc(body: Record<string, unknown> | null): boolean {
  if (!body) return false;
  if ('result' in body) return true;
  const error = body.error;
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number';
}

function readCallError(cause: unknown): ParleyError {
  if (cause instanceof ParleyError) return cause;
  if (cause instanceof TRPCClientError) {
    if (cause.cause instanceof ParleyError) return cause.cause;
    const data: unknown = cause.data;
    if (typeof data === 'object' && data !== null) {
      const parley = 'parley' in data ? data.parley : null;
      const status = 'httpStatus' in data ? Number(data.httpStatus) : 500;
      return readWireError(parley, codeOfStatus(status), { message: cause.message });
    }
    return new ParleyError('NETWORK_ERROR', undefined, { cause: cause.cause ?? cause });
  }
  return new ParleyError('NETWORK_ERROR', undefined, { cause });
}
