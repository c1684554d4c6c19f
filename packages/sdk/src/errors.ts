import { type ErrorCode, type ErrorDetail, errorCatalogue } from '@parley/contract/errors';

/**
 * What can go wrong: a code of the server's catalogue (contract section 1), or one of three that only a client sees.
 * `NETWORK_ERROR`: no answer came, or none that Parley has written. `TIMEOUT`: no answer came in time. `ABORTED`: the
 * caller's signal, `disconnect()` or `close()` ended it.
 */
export type ParleyErrorCode = ErrorCode | 'NETWORK_ERROR' | 'ABORTED' | 'TIMEOUT';

/** What a `ParleyError` may carry besides code and message. */
export interface ParleyErrorOptions {
  /** Broken fields of a `VALIDATION_ERROR`. */
  details?: readonly ErrorDetail[] | undefined;
  /** The server's id of the request. */
  requestId?: string | undefined;
  /** Seconds. */
  retryAfter?: number | undefined;
  /** What it was made of. */
  cause?: unknown;
}

/** The only error that the SDK rejects with. */
export class ParleyError extends Error {
  /** What went wrong, for programs. */
  readonly code: ParleyErrorCode;
  /** Broken fields of a `VALIDATION_ERROR`, `path` dotted like `payload.body`; empty for all others. */
  readonly details: readonly ErrorDetail[];
  /** The server's id of the request, to look up in its logs; undefined where no server answered or on a socket. */
  readonly requestId: string | undefined;
  /** Seconds after which trying again makes sense, where the server said so (429, 503). */
  readonly retryAfter: number | undefined;
  /** Whether the very same call may succeed later (network, time-out, 429, 500, 503). */
  readonly retriable: boolean;

  constructor(code: ParleyErrorCode, message?: string, options: ParleyErrorOptions = {}) {
    super(
      message ?? defaultMessage(code),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'ParleyError';
    this.code = code;
    this.details = options.details ?? [];
    this.requestId = options.requestId;
    this.retryAfter = options.retryAfter;
    this.retriable = isRetriable(code);
  }
}

const ownMessages = {
  NETWORK_ERROR: 'The server cannot be reached',
  ABORTED: 'The call was aborted',
  TIMEOUT: 'The server did not answer in time',
} as const;

function isCatalogued(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCatalogue, code);
}

function defaultMessage(code: ParleyErrorCode): string {
  return isCatalogued(code) ? errorCatalogue[code].message : ownMessages[code];
}

function isRetriable(code: ParleyErrorCode): boolean {
  if (code === 'ABORTED') return false;
  if (!isCatalogued(code)) return true;
  const { http } = errorCatalogue[code];
  return http === 429 || http >= 500;
}

/** Whether an access or refresh token was refused, so that refreshing is what helps. */
export function isTokenError(error: unknown): boolean {
  if (!(error instanceof ParleyError)) return false;
  return error.code === 'TOKEN_EXPIRED' || error.code === 'TOKEN_INVALID' || error.code === 'UNAUTHORIZED';
}

/** Makes anything thrown a `ParleyError`; what is none yet came from the network. */
export function toParleyError(cause: unknown): ParleyError {
  if (cause instanceof ParleyError) return cause;
  return new ParleyError('NETWORK_ERROR', undefined, { cause });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function readDetails(value: unknown): ErrorDetail[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isObject)
    .map(({ path, message }) => ({ path: String(path), message: String(message) }));
}

/**
 * Reads an error as any wire has it: `code` and `message`, with `details`, `request_id`, `retry_after` where there are
 * some. A code that this version does not know (a newer server's) becomes `fallback`; the message stays.
 */
export function readWireError(
  value: unknown,
  fallback: ParleyErrorCode,
  more: {
    message?: string | undefined;
    requestId?: string | undefined;
    retryAfter?: number | undefined;
  } = {},
): ParleyError {
  const wire = isObject(value) ? value : {};
  const message = typeof wire.message === 'string' ? wire.message : more.message;
  return new ParleyError(isCatalogued(wire.code) ? wire.code : fallback, message, {
    details: readDetails(wire.details),
    requestId: typeof wire.request_id === 'string' ? wire.request_id : more.requestId,
    retryAfter: typeof wire.retry_after === 'number' ? wire.retry_after : more.retryAfter,
  });
}

/** The code for an HTTP status alone. */
export function codeOfStatus(status: number): ParleyErrorCode {
  const codes: Record<number, ErrorCode> = {
    400: 'BAD_REQUEST',
    401: 'UNAUTHORIZED',
    403: 'FORBIDDEN',
    404: 'NOT_FOUND',
    409: 'CONFLICT',
    413: 'PAYLOAD_TOO_LARGE',
    415: 'BAD_REQUEST',
    422: 'VALIDATION_ERROR',
    429: 'TOO_MANY_REQUESTS',
    502: 'SERVICE_UNAVAILABLE',
    503: 'SERVICE_UNAVAILABLE',
    504: 'SERVICE_UNAVAILABLE',
  };
  return codes[status] ?? (status >= 500 ? 'INTERNAL_ERROR' : 'BAD_REQUEST');
}

/** The code for a number of the real-time `error` event alone (contract section 4). */
export function codeOfSocketError(code: number): ParleyErrorCode {
  const codes: Record<number, ErrorCode> = {
    4001: 'TOKEN_INVALID',
    4003: 'FORBIDDEN',
    4004: 'NOT_FOUND',
    4022: 'VALIDATION_ERROR',
    4029: 'TOO_MANY_REQUESTS',
  };
  return codes[code] ?? 'INTERNAL_ERROR';
}
