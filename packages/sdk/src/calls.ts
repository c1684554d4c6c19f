import type { InputOf, OutputOf, ProcedurePath } from '@parley/contract';
import { isTokenError, ParleyError } from './errors.ts';
import type { Http } from './http.ts';
import { unlessAborted } from './lib/abort.ts';
import { type CallOptions, type MakeProcedure, openProcedures, type Procedure } from './procedures.ts';
import { isQuery } from './queries.ts';
import type { Session } from './session.ts';
import type { Timing } from './timing.ts';

/** Calls with the session's token; a refused token is renewed and the call repeated. */
export class Calls {
  readonly #http: Http;
  readonly #session: Session;
  readonly #timing: Timing;
  readonly #closing: AbortSignal;
  /** Hears of every change that succeeded. */
  answered: (path: ProcedurePath, input: unknown, output: unknown) => void = () => {};

  /** `closing` ends all calls. */
  constructor(http: Http, session: Session, timing: Timing, closing: AbortSignal) {
    this.#http = http;
    this.#session = session;
    this.#timing = timing;
    this.#closing = closing;
  }

  /** Calls a procedure. Rejects with `ParleyError`. */
  async call<P extends ProcedurePath>(
    path: P,
    input: InputOf<P>,
    { signal }: CallOptions = {},
  ): Promise<OutputOf<P>> {
    // The one place where an answer gets its type: the server has checked it against the same schema.
    return (await this.#call(path, input, signal)) as OutputOf<P>;
  }

  /** A procedure as a member of the client. */
  readonly procedure: MakeProcedure = (path) => {
    const member = async (input?: unknown, options?: CallOptions) => {
      const output = await this.#call(path, input ?? {}, options?.signal);
      if (!isQuery(path)) this.answered(path, input ?? {}, output);
      return output;
    };
    return member as Procedure<typeof path>;
  };

  /**
   * Makes a request with the session's token; if that is refused it is renewed and the request made again, where `again` allows
   * it. Rejects as soon as the signal aborts.
   */
  async withToken<T>(
    attempt: (token: string) => Promise<T>,
    signal: AbortSignal | undefined,
    again: () => boolean = () => true,
  ): Promise<T> {
    const wait = <W>(promise: Promise<W>) => unlessAborted(unlessAborted(promise, this.#closing), signal);
    await wait(this.#session.ready);
    const caller = this.#session.userId;
    let token = await wait(this.#session.token());
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(token);
      } catch (error) {
        // Three: the second token may be one that another tab got a moment before, and as old as the first.
        if (!isTokenError(error) || tries === 3) throw error;
        token = await wait(this.#session.renew(token));
        // Never does one user's call go out with another's token.
        if (this.#session.userId !== caller)
          throw new ParleyError('UNAUTHORIZED', undefined, { cause: error });
        if (!again()) throw error;
      }
    }
  }

  async #call(path: ProcedurePath, input: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const options = { signal, timeoutMs: this.#timing.requestMs };
    if (openProcedures.has(path)) return this.#http.call(path, input, options);
    return this.withToken((token) => this.#http.call(path, input, { ...options, token }), signal);
  }
}
