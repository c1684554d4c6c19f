/**
 * REST at `/api/v1`: finds the route, admits the caller, reads the path, lets the route do its work, and answers with the contract's
 * envelope. It is the hot path of HTTP: everything that can be known beforehand is.
 */
import { uuid } from '@parley/contract';
import { AppError, type Core } from '@parley/core';
import { describeError, type Logger } from '@parley/platform';
import type { NextFunction, Request, Response } from 'express';
import { createContext } from '../context.ts';
import { toEdgeError } from '../errors.ts';
import type { Admission } from '../http/admission.ts';
import { askForBody } from '../http/expect.ts';
import { clientGone, type Observe, unknownRoute } from '../http/observe.ts';
import { requestIdOf, traceOf } from '../http/request-id.ts';
import { ClientGone } from './body.ts';
import { createMatcher, type Match } from './matcher.ts';
import type { Reply } from './reply.ts';
import { basePath, type Route } from './route.ts';

export interface BridgeParts {
  core: Core;
  log: Logger;
  routes: Route[];
  admission: Admission;
  reply: Reply;
  observe: Observe;
}

/** Express middleware: answers everything below `/api/v1` but preflights. */
export function createBridge(parts: BridgeParts) {
  const { core, reply, observe } = parts;
  const match = createMatcher(parts.routes);

  const answer = async (req: Request, res: Response, path: string, search: string): Promise<void> => {
    const started = performance.now();
    const requestId = requestIdOf(req.headers);
    const method = req.method === 'HEAD' ? 'GET' : req.method;
    let route: Route | undefined;
    let userId: string | undefined;
    let status: number;
    try {
      const found = match(path);
      route = found?.routes.get(method);
      if (!found || !route) {
        status = 404;
        const error = toEdgeError(new AppError('NOT_FOUND', 'There is no such route'));
        reply.failure(req, res, requestId, error, found && allowOf(found));
      } else {
        const who = await parts.admission.admit(req.headers.authorization, () => req.ip);
        if (!(who instanceof AppError)) userId = who.userId;
        else if (route.definition.access !== 'anyone') throw who;
        const params = readParams(route, found.params);
        const ctx = createContext(core, { requestId, trace: traceOf(req.headers), who });
        const served = await route.serve({ ctx, params, search, req, res });
        if ('location' in served) {
          status = 302;
          reply.redirect(req, res, requestId, served.location);
        } else {
          status = served.status;
          reply.success(req, res, requestId, status, served.data);
        }
      }
    } catch (error) {
      status = fail(req, res, requestId, route, error);
    }
    observe({
      requestId,
      method: req.method,
      route: route?.template ?? unknownRoute,
      status,
      started,
      userId,
    });
  };

  const fail = (req: Request, res: Response, requestId: string, route: Route | undefined, error: unknown) => {
    if (error instanceof ClientGone) {
      res.destroy();
      return clientGone;
    }
    const edge = toEdgeError(error);
    if (edge.status >= 500) {
      const fields = { request_id: requestId, route: route?.template, error: describeError(error) };
      parts.log.error(fields, 'a request failed');
    }
    reply.failure(req, res, requestId, edge);
    return edge.status;
  };

  return (req: Request, res: Response, next: NextFunction): void => {
    const target = targetOf(req);
    if (target === undefined) {
      askForBody(res);
      next();
    } else void answer(req, res, target.path, target.search);
  };
}

/** Path below `/api/v1` and query of a request for the bridge; undefined for all others. */
function targetOf(req: Request): { path: string; search: string } | undefined {
  const { url } = req;
  if (!url.startsWith(basePath)) return undefined;
  if (req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined)
    return undefined;
  const question = url.indexOf('?');
  const path = url.slice(basePath.length, question < 0 ? undefined : question);
  if (path !== '' && !path.startsWith('/')) return undefined;
  return { path, search: question < 0 ? '' : url.slice(question + 1) };
}

function allowOf(found: Match): string {
  const methods = [...found.routes.keys()];
  return (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ');
}

/** Values of the path parameters. Errors: `BAD_REQUEST`. */
function readParams(route: Route, values: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [index, { name, uuid: isUuid }] of route.params.entries()) {
    const value = decode(values[index] as string);
    if (value === undefined || (isUuid && !uuid.safeParse(value).success)) {
      throw new AppError('BAD_REQUEST', `${name} in the path is not a UUID`);
    }
    params[name] = value;
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
