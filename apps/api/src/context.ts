import { type AccessClaims, AppError, type Caller, type Core } from '@parley/core';

/** What a procedure gets besides its input: made once per HTTP request, also for a batch. */
export interface RequestContext {
  readonly core: Core;
  readonly requestId: string;
  /** What the procedure set as the status of its answer. */
  readonly status: number | undefined;
  /** Who asks. Errors: `UNAUTHORIZED`, `TOKEN_EXPIRED`, `TOKEN_INVALID`, or `TOO_MANY_REQUESTS` for a refused request. */
  caller(): Caller;
  /** The status of a REST answer, where it depends (201 or 200); tRPC answers 200 either way. */
  setStatus(status: number): void;
}

/** What is known of a request before its procedure runs. */
export interface RequestFacts {
  requestId: string;
  /** W3C `traceparent`. */
  trace: string | undefined;
  /** Whose token it is, or why there is no caller. */
  who: AccessClaims | AppError;
}

class HttpContext implements RequestContext {
  readonly core: Core;
  readonly requestId: string;
  readonly #facts: RequestFacts;
  status: number | undefined;

  constructor(core: Core, facts: RequestFacts) {
    this.core = core;
    this.requestId = facts.requestId;
    this.#facts = facts;
  }

  caller(): Caller {
    const { who, requestId, trace } = this.#facts;
    if (who instanceof AppError) throw who;
    return { userId: who.userId, sessionId: who.sessionId, requestId, trace };
  }

  setStatus(status: number): void {
    this.status = status;
  }
}

export function createContext(core: Core, facts: RequestFacts): RequestContext {
  return new HttpContext(core, facts);
}
