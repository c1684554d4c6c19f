/** Writes the contract's envelope: one head, one body, nothing looked up that can be known beforehand. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WireError } from '@parley/contract';
import type { EdgeError } from '../errors.ts';
import type { FlatHeaders } from '../http/cors.ts';
import { isHeldBack } from '../http/expect.ts';
import { declaresTooMuch } from './body.ts';
import { linger } from './linger.ts';

/** What all answers of one server have in common. */
export interface ReplyParts {
  /** Security headers, flat. */
  fixed: FlatHeaders;
  cors(req: IncomingMessage): FlatHeaders;
  now(): number;
}

export interface Reply {
  success(req: IncomingMessage, res: ServerResponse, requestId: string, status: number, data: unknown): void;
  failure(
    req: IncomingMessage,
    res: ServerResponse,
    requestId: string,
    error: EdgeError,
    allow?: string,
  ): void;
  /** 302: what was asked for is at `location`, for the caller alone. */
  redirect(req: IncomingMessage, res: ServerResponse, requestId: string, location: string): void;
}

export function createReply({ fixed, cors, now }: ReplyParts): Reply {
  const common = [...fixed, 'Cache-Control', 'no-store', 'Content-Type', 'application/json; charset=utf-8'];

  const write = (
    req: IncomingMessage,
    res: ServerResponse,
    requestId: string,
    status: number,
    content: string,
    extra: FlatHeaders,
  ) => {
    // The id matches `requestIdPattern` or was made here: nothing in it needs escaping.
    const meta = `"meta":{"request_id":"${requestId}","timestamp":"${new Date(now()).toISOString()}"}}`;
    const body = content + meta;
    const head = [...common, 'X-Request-Id', requestId, 'Content-Length', `${Buffer.byteLength(body)}`];
    for (const header of cors(req)) head.push(header);
    for (const header of extra) head.push(header);
    if (!isHeldBack(res) && (status === 413 || isStillSent(req))) linger(req, res, status, head, body);
    else res.writeHead(status, head).end(body);
  };

  return {
    success(req, res, requestId, status, data) {
      write(req, res, requestId, status, `{"success":true,"data":${JSON.stringify(data)},"error":null,`, []);
    },
    failure(req, res, requestId, error, allow) {
      const extra: string[] = [];
      if (error.retryAfter !== undefined) extra.push('Retry-After', `${error.retryAfter}`);
      if (error.status === 401) extra.push('WWW-Authenticate', 'Bearer');
      if (allow !== undefined) extra.push('Allow', allow);
      const { code, message, details } = error;
      const wire: WireError = { code, message, details };
      const content = `{"success":false,"data":null,"error":${JSON.stringify(wire)},`;
      write(req, res, requestId, error.status, content, extra);
    },
    redirect(req, res, requestId, location) {
      const own = ['Cache-Control', 'private, no-store', 'X-Request-Id', requestId, 'Location', location];
      res.writeHead(302, [...fixed, ...own, 'Content-Length', '0', ...cors(req)]).end();
    },
  };
}

/** Whether a body is on its way that is too long to wait for, or of unknown length. */
function isStillSent(req: IncomingMessage): boolean {
  if (req.complete) return false;
  return declaresTooMuch(req) || req.headers['transfer-encoding'] !== undefined;
}
