/**
 * The dev inbox: what a development server "sent", live. It shows sign-in codes, so it answers only this machine's own
 * browser: not through a proxy, not under a foreign host name (DNS rebinding), not to scripts of other sites.
 */
import type { IncomingMessage } from 'node:http';
import type { DevInbox, InboxItem } from '@parley/platform';
import { type RequestHandler, type Response, Router } from 'express';
import { isLoopback } from '../http/client-address.ts';
import { localsOf } from '../http/locals.ts';
import { asset } from './assets.ts';
import { named } from './named.ts';

const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;
const proxyHeaders = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

/** Milliseconds between comments that keep the stream alive. */
const keepAliveMs = 15_000;

/** Whether a request comes from this machine's own user and not from a page of another site. */
export function isLocal(req: Pick<IncomingMessage, 'headers' | 'socket'>): boolean {
  const { headers, socket } = req;
  const site = headers['sec-fetch-site'];
  return (
    isLoopback(socket.remoteAddress) &&
    localHost.test(headers.host ?? '') &&
    !proxyHeaders.some((name) => headers[name] !== undefined) &&
    (site === undefined || site === 'same-origin' || site === 'none')
  );
}

export interface InboxPage {
  router: Router;
  /** Ends all live streams. */
  close(): void;
}

export function createInboxPage(inbox: DevInbox, headers: Record<string, string>): InboxPage {
  const streams = new Set<Response>();
  const fresh = { 'Cache-Control': 'no-store' };
  const page = asset('inbox.html');

  const list: RequestHandler = (req, res, next) => {
    res.vary('Accept');
    if (req.accepts(['html', 'json']) !== 'json') return page(req, res, next);
    res.json({ items: inbox.list() });
  };

  const events: RequestHandler = (_req, res) => {
    // It lasts as long as the page is open: no request to measure.
    localsOf(res).route = null;
    res.type('text/event-stream').flushHeaders();
    const send = (event: string, data: InboxItem | readonly InboxItem[]) =>
      res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    send('items', inbox.list());
    const unsubscribe = inbox.subscribe((item) => send('item', item));
    const keepAlive = setInterval(() => res.write(': still here\n\n'), keepAliveMs);
    streams.add(res);
    res.once('close', () => {
      clearInterval(keepAlive);
      unsubscribe();
      streams.delete(res);
    });
  };

  const router = Router();
  // As if it did not exist: `next` ends at the 404 of unknown routes.
  router.use('/dev', (req, _res, next) => next(isLocal(req) ? undefined : 'router'));
  router.get('/dev/inbox', named('/dev/inbox', { ...headers, ...fresh }), list);
  router.get('/dev/inbox/events', named('/dev/inbox/events', fresh), events);
  for (const name of ['inbox.js', 'inbox.css']) {
    router.get(`/dev/inbox/${name}`, named('/dev/inbox/{file}', {}), asset(name));
  }
  return {
    router,
    close() {
      for (const res of streams) res.end();
    },
  };
}
