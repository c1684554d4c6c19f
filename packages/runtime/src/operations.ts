/** `/health`, `/ready` and `/metrics` of programs that serve nothing else over HTTP (contract section 2, Health). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Runtime } from './runtime.ts';

/** A request handler for those three; everything else is 404. */
export function operationsHandler(
  runtime: Pick<Runtime, 'readiness' | 'metrics'>,
): (req: IncomingMessage, res: ServerResponse) => void {
  const { readiness, metrics } = runtime;
  const json = (res: ServerResponse, status: number, body: object) =>
    send(res, status, 'application/json; charset=utf-8', JSON.stringify(body));
  return (req, res) => {
    const path = (req.url ?? '').split('?', 1)[0];
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      json(res, 405, { status: 'method not allowed' });
    } else if (path === '/health') {
      json(res, 200, { status: 'ok' });
    } else if (path === '/ready') {
      // Never rejects: a check that fails is part of the report.
      void readiness.report().then((report) => json(res, report.ready ? 200 : 503, report));
    } else if (path === '/metrics') {
      metrics.text().then(
        (text) => send(res, 200, metrics.registry.contentType, text),
        () => json(res, 500, { status: 'failed' }),
      );
    } else {
      json(res, 404, { status: 'not found' });
    }
  };
}

function send(res: ServerResponse, status: number, type: string, body: string): void {
  res.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  res.end(body);
}
