/** The first middleware of everything outside `/api/v1`. */
import type { RequestHandler } from 'express';
import { localsOf } from './locals.ts';
import { clientGone, type Observe, unknownRoute } from './observe.ts';
import { requestIdOf } from './request-id.ts';

/** Gives the request its id, sets the headers that every answer has, and sees that it is observed when it is over. */
export function begin(headers: Record<string, string>, observe: Observe): RequestHandler {
  return (req, res, next) => {
    const locals = localsOf(res);
    locals.requestId = requestIdOf(req.headers);
    locals.started = performance.now();
    locals.route = unknownRoute;
    res.set(headers);
    res.set('X-Request-Id', locals.requestId);
    res.once('close', () => {
      const { requestId, route, started, userId } = locals;
      if (route === null) return;
      const status = res.writableFinished ? res.statusCode : clientGone;
      observe({ requestId, method: req.method, route, status, started, userId });
    });
    next();
  };
}
