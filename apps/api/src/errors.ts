/** One funnel at the edge: anything thrown becomes an error of the catalogue (contract section 1). */
import { type ErrorCode, type ErrorDetail, errorCatalogue } from '@parley/contract';
import { AppError } from '@parley/core';
import { TRPCError } from '@trpc/server';
import type { z } from 'zod';

/** What every wire's error answer is made of. */
export interface EdgeError {
  code: ErrorCode;
  message: string;
  details: ErrorDetail[];
  /** Of the catalogue. */
  status: number;
  /** Seconds; always there with 429, never below 1. */
  retryAfter: number | undefined;
}

/** Broken fields that one answer lists at most: more helps nobody, and the body decides how many there are. */
const maxDetails = 50;

/** What tRPC itself refuses, before or instead of a procedure. */
const protocolErrors: Partial<Record<TRPCError['code'], [ErrorCode, string]>> = {
  PARSE_ERROR: ['BAD_REQUEST', 'The request cannot be read'],
  BAD_REQUEST: ['BAD_REQUEST', 'The request cannot be read'],
  UNSUPPORTED_MEDIA_TYPE: ['BAD_REQUEST', 'The body must be JSON, with Content-Type: application/json'],
  NOT_FOUND: ['NOT_FOUND', 'There is no such procedure'],
  METHOD_NOT_SUPPORTED: ['NOT_FOUND', 'Queries are called with GET, mutations with POST'],
  PAYLOAD_TOO_LARGE: ['PAYLOAD_TOO_LARGE', errorCatalogue.PAYLOAD_TOO_LARGE.message],
};

/** Turns anything thrown into what the client is told. Whatever is not meant for clients becomes `INTERNAL_ERROR`. */
export function toEdgeError(thrown: unknown): EdgeError {
  const error = thrown instanceof TRPCError ? (thrown.cause ?? thrown) : thrown;
  if (error instanceof AppError) {
    return edgeError(error.code, error.message, error.details, error.retryAfter);
  }
  const refusal = thrown instanceof TRPCError ? protocolErrors[thrown.code] : undefined;
  if (!(thrown instanceof TRPCError) || !refusal) return edgeError('INTERNAL_ERROR');
  // Without a cause the words are tRPC's own, and say more.
  const own = thrown.code === 'BAD_REQUEST' && thrown.cause === undefined;
  return edgeError(refusal[0], own ? thrown.message : refusal[1]);
}

function edgeError(
  code: ErrorCode,
  message: string = errorCatalogue[code].message,
  details: ErrorDetail[] = [],
  retryAfter?: number,
): EdgeError {
  const status = errorCatalogue[code].http;
  const seconds = retryAfter ?? (status === 429 ? 1 : undefined);
  return {
    code,
    message,
    details,
    status,
    retryAfter: seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds)),
  };
}

/** An input that breaks its schema, with the fields that do. */
export function invalidInput(error: z.core.$ZodError): AppError {
  const details = error.issues
    .slice(0, maxDetails)
    .map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
  return new AppError('VALIDATION_ERROR', undefined, { details });
}
