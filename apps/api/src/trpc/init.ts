/** The root of the tRPC router: what procedures get, and how their errors look on the wire. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ErrorCode, ErrorDetail, ProcedureDefinition } from '@parley/contract';
import { initTRPC, type TRPC_ERROR_CODE_KEY } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { RequestContext } from '../context.ts';
import { toEdgeError } from '../errors.ts';

/** Calls a procedure with input that nobody has checked yet; the answer is checked. */
export type Run = (ctx: RequestContext, raw: unknown) => Promise<unknown>;

/** Every procedure carries its definition, and how it is run without the machinery of tRPC. */
export interface ProcedureMeta {
  definition?: ProcedureDefinition;
  run?: Run;
}

/** `data.parley` of an error on `/trpc`: what the REST envelope says, for clients of tRPC. */
export interface ParleyErrorData {
  code: ErrorCode;
  details: ErrorDetail[];
  request_id: string;
  /** Seconds; with 429 and 503. */
  retry_after?: number;
}

/** The id of the request on `/trpc`, for errors that happen before there is a context. */
export const requestIds = new AsyncLocalStorage<string>();

const codeByStatus: Readonly<Record<number, TRPC_ERROR_CODE_KEY>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
};

export const t = initTRPC
  .context<RequestContext>()
  .meta<ProcedureMeta>()
  .create({
    // In development tRPC would add stacks to its errors.
    isDev: false,
    errorFormatter({ shape, error, ctx }) {
      const edge = toEdgeError(error);
      const key = codeByStatus[edge.status] ?? 'INTERNAL_SERVER_ERROR';
      const parley: ParleyErrorData = {
        code: edge.code,
        details: edge.details,
        request_id: ctx?.requestId ?? requestIds.getStore() ?? '',
        ...(edge.retryAfter === undefined ? {} : { retry_after: edge.retryAfter }),
      };
      return {
        code: TRPC_ERROR_CODES_BY_KEY[key],
        message: edge.message,
        data: {
          code: key,
          httpStatus: edge.status,
          ...(shape.data.path === undefined ? {} : { path: shape.data.path }),
          parley,
        },
      };
    },
  });
