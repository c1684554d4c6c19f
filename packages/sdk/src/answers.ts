/** What answers over HTTP mean, whoever has written them: Parley, or something between it and the client. */
import { codeOfStatus, type ParleyError, readWireError } from './errors.ts';

/** An answer, from whatever has fetched it. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** A header's value; null where there is none. */
  header(name: string): string | null;
}

/** A body as an object; null where it is none. */
export function parseBody(text: string): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : null;
  } catch {
    return null;
  }
}

/** The error that an answer means: REST's envelope (contract section 1), a proxy's error page, a captive portal. */
export function errorOf({ status, text, header }: HttpAnswer): ParleyError {
  const body = parseBody(text);
  const retryAfter = Number(header('retry-after') ?? Number.NaN);
  const more = {
    message: `The answer did not come from Parley (HTTP ${status})`,
    requestId: header('x-request-id') ?? undefined,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
  };
  if (body?.success === false) return readWireError(body.error, codeOfStatus(status), more);
  // What is not Parley's cannot refuse a token or a right, so only load and failure are taken from it.
  const means = status === 429 || status >= 500 || status === 413;
  return readWireError(null, means ? codeOfStatus(status) : 'NETWORK_ERROR', more);
}
