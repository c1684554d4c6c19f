/** Headers that keep browsers from doing harm with an answer; helmet says which, once, at the start. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/**
 * What an answer may load: `data` nothing at all, `page` files of this server, `app` also what it makes itself (pictures before they are
 * sent, recordings) and people's files from where they are kept. Nothing inline.
 */
export type ContentKind = 'data' | 'page' | 'app';

const policies: Record<ContentKind, (files: readonly string[]) => Record<string, string[]>> = {
  data: () => ({ defaultSrc: ["'none'"], frameAncestors: ["'none'"] }),
  page: () => ({
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  }),
  app: (files) => ({
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:', 'blob:', ...files],
    mediaSrc: ["'self'", 'blob:', ...files],
    fontSrc: ["'self'"],
    connectSrc: ["'self'", ...files],
    manifestSrc: ["'self'"],
    workerSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  }),
};

/**
 * The headers as name and value. HSTS only in production: a development server has no certificate. `files` are the origins of people's
 * files, where that is not this server; for `app`.
 */
export function securityHeaders(
  kind: ContentKind,
  production: boolean,
  files: readonly string[] = [],
): Record<string, string> {
  const set = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: policies[kind](files) },
    strictTransportSecurity: production,
  });
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  set(request, response, (error?: unknown) => {
    if (error) throw error;
  });
  return Object.fromEntries(
    response.getHeaderNames().map((name) => [name, String(response.getHeader(name))]),
  );
}
