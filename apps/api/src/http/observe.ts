/** One line in the log and one observation in the metrics per request. Neither ever has a raw address, token or body. */
import type { Runtime } from '@parley/runtime';

/** What is known of a request when it is answered. */
export interface Observation {
  requestId: string;
  method: string;
  /** The template, e.g. `/api/v1/users/{id}`; one name for all that is unknown. */
  route: string;
  status: number;
  /** `performance.now()` when it arrived. */
  started: number;
  userId: string | undefined;
}

/** Stands for every route that does not exist. */
export const unknownRoute = 'unknown';

/** The status that stands for a client that left before it was answered. */
export const clientGone = 499;

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export type Observe = (request: Observation) => void;

export function createObserve(runtime: Pick<Runtime, 'log' | 'metrics'>): Observe {
  const { log, metrics } = runtime;
  return ({ requestId, method: given, route, status, started, userId }) => {
    const method = methods.has(given) ? given : 'other';
    const ms = performance.now() - started;
    metrics.httpRequests.observe({ route, method, status }, ms / 1000);
    const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
    if (!log.isLevelEnabled(level)) return;
    log[level](
      { request_id: requestId, method, route, status, ms: Math.round(ms * 100) / 100, user_id: userId },
      'request',
    );
  };
}
