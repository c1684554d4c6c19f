/** Puts the program together: REST, tRPC, the documents and the pages in one Express app. It does not listen. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AppError } from '@parley/core';
import { describeError } from '@parley/platform';
import type { Runtime } from '@parley/runtime';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { createBridge } from './bridge/bridge.ts';
import { createReply, type Reply } from './bridge/reply.ts';
import { createRoutes } from './bridge/routes.ts';
import { toEdgeError } from './errors.ts';
import { serveAvatars } from './files/avatars.ts';
import { serveObjects } from './files/objects.ts';
import { createForward } from './forward/forward.ts';
import { Admission } from './http/admission.ts';
import { begin } from './http/begin.ts';
import { type Cors, createCors } from './http/cors.ts';
import { askForBody, holdBack } from './http/expect.ts';
import { InFlight } from './http/in-flight.ts';
import { localsOf } from './http/locals.ts';
import { createObserve } from './http/observe.ts';
import { originForm } from './http/origin-form.ts';
import { securityHeaders } from './http/security.ts';
import { createDocument, type OpenApiDocument } from './openapi/document.ts';
import { docsRoutes } from './pages/docs.ts';
import { createInboxPage } from './pages/inbox.ts';
import { landingRoutes } from './pages/landing.ts';
import { systemRoutes } from './pages/system.ts';
import { webFolder, webRoutes } from './pages/web.ts';
import { downloadRoute } from './routes/media/download.ts';
import { mountTrpc } from './trpc/mount.ts';
import { type AppRouter, router } from './trpc/router.ts';
import { type UploadTimes, uploadTimes } from './uploads/patience.ts';
import { createUploadRoutes } from './uploads/routes.ts';

export interface Api {
  /** For `http.createServer`, or for a server that others share. */
  readonly handler: (req: IncomingMessage, res: ServerResponse) => void;
  readonly router: AppRouter;
  readonly openApi: OpenApiDocument;
  /**
   * Lets a server take uploads: clients that ask before they send a body are answered first, and a request may last as long as an upload may.
   * Forwards its `/ws` and `/socket.io` to realtime, where REALTIME_URL is set.
   */
  attach(server: Server): void;
  /**
   * Resolves when what is being answered is answered. From then on every answer closes its connection, so that clients go
   * elsewhere; streams end at once.
   */
  drain(): Promise<void>;
}

/** Milliseconds by which Node's own limit of a request is longer than that of an upload, which has words for it. */
const marginMs = 30_000;

/** Makes the API over a runtime. `times` are for tests. */
export function createApi(runtime: Runtime, times: UploadTimes = uploadTimes): Api {
  const { config, core, log, inbox } = runtime;
  const inFlight = new InFlight();
  const admission = new Admission(core);
  const observe = createObserve(runtime);
  const cors = createCors(config.corsOrigins);
  const openApi = createDocument();
  const data = securityHeaders('data', config.production);
  const page = securityHeaders('page', config.production);
  const reply = createReply({
    fixed: Object.entries(data).flat(),
    cors: cors.headers,
    now: () => core.clock.now(),
  });
  const inboxPage = inbox ? createInboxPage(inbox, page) : null;

  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.trustProxy);
  // First, so that REST passes through nothing that it does not need.
  const routes = [...createRoutes(router), ...createUploadRoutes({ core, admission, times }), downloadRoute];
  app.use(createBridge({ core, log, routes, admission, reply, observe }));
  app.use(begin(data, observe));
  // Before CORS: no other site may read sign-in codes.
  if (inboxPage) app.use(inboxPage.router);
  app.use(allowOrigins(cors));
  app.use('/trpc', mountTrpc(runtime, admission, config.corsOrigins.includes('*') ? [] : ['Origin']));
  app.use('/objects', serveObjects(runtime));
  app.use('/avatars', serveAvatars(runtime));
  app.use(systemRoutes(runtime));
  app.use(docsRoutes(openApi, page));
  const web = webFolder(config.webDir);
  app.use(web === null ? landingRoutes(inboxPage !== null, page) : webRoutes(runtime, web));
  app.use((_req, _res, next) => next(new AppError('NOT_FOUND', 'There is no such page')));
  app.use(answerErrors(runtime, reply));

  const forward =
    config.realtimeUrl === null
      ? null
      : createForward({ urls: config.realtimeUrl, trustProxy: config.trustProxy, log });

  const handler = (req: IncomingMessage, res: ServerResponse): void => {
    if (forward?.matches(req.url ?? '')) {
      askForBody(res);
      forward.request(req, res);
      return;
    }
    inFlight.add(res);
    req.url = originForm(req.url ?? '/');
    app(req, res);
  };

  return {
    handler,
    router,
    openApi,
    attach(server) {
      server.requestTimeout = Math.max(server.requestTimeout, times.wholeMs + marginMs);
      server.on('checkContinue', (req, res) => {
        holdBack(res);
        handler(req, res);
      });
      if (!forward) return;
      server.on('upgrade', (req, socket, head) => {
        if (forward.matches(req.url ?? '')) forward.upgrade(req, socket, head);
        else socket.destroy();
      });
    },
    async drain() {
      inboxPage?.close();
      await Promise.all([inFlight.drain(), forward?.drain()]);
    },
  };
}

function allowOrigins(cors: Cors): RequestHandler {
  return (req, res, next) => {
    const preflight = cors.preflight(req);
    const headers = preflight ?? cors.headers(req);
    for (let i = 0; i < headers.length; i += 2) res.set(headers[i] as string, headers[i + 1]);
    if (preflight === undefined) next();
    else {
      localsOf(res).route = 'preflight';
      res.status(204).end();
    }
  };
}

/** Express's errors and what nobody else has caught, in the envelope. */
function answerErrors(runtime: Runtime, reply: Reply): ErrorRequestHandler {
  return (error, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const { requestId, route } = localsOf(res);
    // Express refuses a path that it cannot decode with an error of its own.
    const edge = toEdgeError(error instanceof URIError ? new AppError('BAD_REQUEST') : error);
    if (edge.status >= 500) {
      runtime.log.error({ request_id: requestId, route, error: describeError(error) }, 'a request failed');
    }
    reply.failure(req, res, requestId, edge);
  };
}
