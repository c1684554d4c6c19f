import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { requestIdPattern } from '@parley/contract';

/** The request's own id where it is a sane one, else a new one (contract section 1). */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
}

/** W3C Trace Context, section 3.2: version, trace id, parent id, flags; neither id all zeros. */
const traceparent = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** The caller's `traceparent`, where it is well-formed. */
export function traceOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers.traceparent;
  return typeof given === 'string' && traceparent.test(given) ? given : undefined;
}
