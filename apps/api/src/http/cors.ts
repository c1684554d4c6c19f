/** Cross-origin calls from browsers (Fetch standard, CORS protocol). Callers bring a token, never cookies. */
import type { IncomingMessage } from 'node:http';

const exposed = 'X-Request-Id, Retry-After';
const methods = 'GET, POST, PUT, PATCH, DELETE';
const requestHeaders =
  'Authorization, Content-Type, X-Request-Id, Traceparent, Trpc-Accept, Range, If-Range, If-None-Match';
/** Seconds for which a browser need not ask again: what Chromium keeps at most. */
const maxAge = '7200';

/** Header names and values, flat, as `writeHead` takes them. */
export type FlatHeaders = readonly string[];

export interface Cors {
  /** For any answer to this request. */
  headers(req: IncomingMessage): FlatHeaders;
  /** For the answer to a preflight; undefined where the request is none. */
  preflight(req: IncomingMessage): FlatHeaders | undefined;
}

/** `origins` are exact origins, or one `*` for all. */
export function createCors(origins: readonly string[]): Cors {
  const any = origins.includes('*');
  // An answer that depends on the origin says so, also where none was sent: caches must keep them apart.
  const refused: FlatHeaders = any ? [] : ['Vary', 'Origin'];
  const answers = new Map<string, FlatHeaders>(
    origins.map((origin) => [
      origin,
      ['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', exposed, ...refused],
    ]),
  );
  const headers = (req: IncomingMessage): FlatHeaders => {
    const { origin } = req.headers;
    if (origin === undefined) return refused;
    return answers.get(any ? '*' : origin) ?? refused;
  };
  return {
    headers,
    preflight(req) {
      if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) {
        return undefined;
      }
      const allowed = headers(req);
      if (allowed === refused) return refused;
      return [
        ...allowed,
        'Access-Control-Allow-Methods',
        methods,
        'Access-Control-Allow-Headers',
        requestHeaders,
        'Access-Control-Max-Age',
        maxAge,
      ];
    },
  };
}
