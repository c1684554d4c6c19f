import { type ErrorCode, type ErrorDetail, errorCatalogue } from '@parley/contract/errors';

/**
 * An error of the catalogue, thrown by core and turned into each wire's shape at the edge. The message is for people and
 * must hold nothing internal: no SQL, no path, no token, no phone number.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetail[];
  /** Seconds after which trying again makes sense; with 429 codes. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    message: string = errorCatalogue[code].message,
    options: { details?: ErrorDetail[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? [];
    this.retryAfter = options.retryAfter;
  }
}

/** A store or engine did not answer in time, or is not there: 503, safe to retry. */
export function unavailable(what: string, cause: unknown): AppError {
  return new AppError('SERVICE_UNAVAILABLE', `${what} is not available: try again`, { cause, retryAfter: 1 });
}

/** Whether a store or engine was away, rather than what it was asked being wrong. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'SERVICE_UNAVAILABLE';
}
