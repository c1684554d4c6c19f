/** The tRPC router over HTTP at `/trpc`. */
import { limits, procedureEntries } from '@parley/contract';
import { AppError } from '@parley/core';
import { describeError } from '@parley/platform';
import type { Runtime } from '@parley/runtime';
import type { TRPCError } from '@trpc/server';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import type { RequestHandler } from 'express';
import { createContext } from '../context.ts';
import { toEdgeError } from '../errors.ts';
import type { Admission } from '../http/admission.ts';
import type { FlatHeaders } from '../http/cors.ts';
import { localsOf } from '../http/locals.ts';
import { unknownRoute } from '../http/observe.ts';
import { traceOf } from '../http/request-id.ts';
import { requestIds } from './init.ts';
import { router } from './router.ts';

/** Calls in one batch at most; each counts for the rate limit. */
export const maxBatch = 20;

/** Express middleware for below `/trpc`. `vary` are names that the answers depend on besides tRPC's own. */
export function mountTrpc(runtime: Pick<Runtime, 'core' | 'log'>, admission: Admission, vary: FlatHeaders) {
  const { core, log } = runtime;
  const handlerFor = (maxBodySize: number) =>
    createExpressMiddleware({
      router,
      maxBodySize,
      maxBatchSize: maxBatch,
      async createContext({ req, res, info }) {
        const locals = localsOf(res);
        const who = await admission.admit(req.headers.authorization, () => req.ip, info.calls.length);
        if (!(who instanceof AppError)) locals.userId = who.userId;
        return createContext(core, { requestId: locals.requestId, trace: traceOf(req.headers), who });
      },
      responseMeta: ({ errors }) => ({ headers: headersFor(errors, vary) }),
      onError({ error, path, req }) {
        if (toEdgeError(error).status < 500) return;
        const request_id = req.res ? localsOf(req.res).requestId : undefined;
        log.error(
          { request_id, route: routeOf(path ?? ''), error: describeError(error) },
          'a request failed',
        );
      },
    });
  const handle = handlerFor(limits.jsonBody);
  const larger = new Map<string, typeof handle>(
    procedureEntries().flatMap(({ path, definition: { maxBytes } }) =>
      maxBytes === undefined ? [] : [[`/${path}`, handlerFor(maxBytes)] as const],
    ),
  );
  const middleware: RequestHandler = (req, res, next) => {
    const locals = localsOf(res);
    locals.route = routeOf(req.path.slice(1));
    // A batch has the limit of all the others.
    const own = larger.get(req.path) ?? handle;
    requestIds.run(locals.requestId, () => own(req, res, next));
  };
  return middleware;
}

function headersFor(errors: readonly TRPCError[], vary: FlatHeaders): Headers {
  const headers = new Headers({ 'Cache-Control': 'no-store' });
  for (const name of vary) headers.append('Vary', name);
  const edges = errors.map(toEdgeError);
  const waits = edges.flatMap((edge) => edge.retryAfter ?? []);
  if (waits.length > 0) headers.set('Retry-After', `${Math.max(...waits)}`);
  if (edges.some((edge) => edge.status === 401)) headers.set('WWW-Authenticate', 'Bearer');
  return headers;
}

const known = new Set(Object.keys(router._def.procedures));

/** One name per procedure, one for all batches, one for all that does not exist. */
function routeOf(path: string): string {
  if (path.includes(',')) return '/trpc/batch';
  return known.has(path) ? `/trpc/${path}` : unknownRoute;
}
