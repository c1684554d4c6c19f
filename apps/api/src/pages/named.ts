import type { RequestHandler } from 'express';
import { localsOf } from '../http/locals.ts';

/** Gives the request its name in log and metrics, and the headers of its kind of content. */
export function named(route: string, headers: Record<string, string>): RequestHandler {
  return (_req, res, next) => {
    localsOf(res).route = route;
    res.set(headers);
    next();
  };
}
