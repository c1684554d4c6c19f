/** The one funnel from anything thrown to what a client is told (contract section 4, `error`). */
import { type Ack, type ErrorDetail, errorCatalogue, type ServerEventData } from '@parley/contract';
import { AppError } from '@parley/core';

export type SocketError = ServerEventData<'error'>;

/** The wire's error. What is not an `AppError` becomes an `INTERNAL_ERROR` that says nothing of its cause. */
export function toSocketError(cause: unknown): SocketError {
  const error = cause instanceof AppError ? cause : new AppError('INTERNAL_ERROR');
  return {
    code: errorCatalogue[error.code].socket,
    reason: error.code,
    message: error.message,
    ...(error.details.length > 0 ? { details: error.details } : {}),
    ...(error.retryAfter === undefined ? {} : { retry_after: error.retryAfter }),
  };
}

/** The same as a refused Socket.IO acknowledgement. */
export function toAckError(error: SocketError): Extract<Ack<never>, { ok: false }> {
  const { reason, message, details, retry_after } = error;
  return {
    ok: false,
    error: {
      code: reason,
      message,
      ...(details ? { details } : {}),
      ...(retry_after === undefined ? {} : { retry_after }),
    },
  };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** `VALIDATION_ERROR` with one detail per broken field; details of a hostile frame are cut short. */
export function validationError(issues: readonly Issue[]): AppError {
  const details: ErrorDetail[] = issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
  return new AppError('VALIDATION_ERROR', undefined, { details });
}
