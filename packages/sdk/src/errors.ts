import type { ErrorCode, ErrorDetail } from '@parley/contract/errors';

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

/**
 * The server's catalogue by HTTP status, in little space: its texts come with its answers. First is the code that a status alone means. A
 * test holds it against the contract.
 */
const byStatus: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED TOKEN_EXPIRED TOKEN_INVALID OTP_INVALID OTP_EXPIRED',
  403: 'FORBIDDEN NOT_CHAT_MEMBER NOT_ADMIN USER_BLOCKED',
  404: 'NOT_FOUND CHAT_NOT_FOUND',
  409: 'CONFLICT ALREADY_MEMBER LAST_ADMIN',
  413: 'PAYLOAD_TOO_LARGE MEDIA_TOO_LARGE',
  415: 'MEDIA_INVALID_TYPE',
  422: 'VALIDATION_ERROR',
  429: 'TOO_MANY_REQUESTS OTP_MAX_ATTEMPTS',
  500: 'INTERNAL_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

const statuses: ReadonlyMap<string, number> = new Map(
  Object.entries(byStatus).flatMap(([status, codes]) =>
    codes.split(' ').map((code): [string, number] => [code, Number(status)]),
  ),
);

function isCatalogued(code: unknown): code is ErrorCode {
  return typeof code === 'string' && statuses.has(code);
}

/** What the client itself has to say, where nobody says it better. */
function defaultMessage(code: ParleyErrorCode): string {
  if (code === 'NETWORK_ERROR') return 'The server cannot be reached';
  if (code === 'ABORTED') return 'The call was aborted';
  if (code === 'TIMEOUT') return 'The server did not answer in time';
  return code[0] + code.slice(1).toLowerCase().replaceAll('_', ' ');
}

function isRetriable(code: ParleyErrorCode): boolean {
  const status = statuses.get(code);
  return status === undefined ? code !== 'ABORTED' : status === 429 || status >= 500;
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
  // A gateway's: what is behind it is away. And a type that is not understood is a file's only where the body says so.
  const means = status === 502 || status === 504 ? 503 : status === 415 ? 400 : status;
  const code = byStatus[means]?.split(' ')[0] as ErrorCode | undefined;
  return code ?? (status >= 500 ? 'INTERNAL_ERROR' : 'BAD_REQUEST');
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
