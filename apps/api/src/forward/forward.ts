/**
 * One public port: `/ws` and `/socket.io` go on to realtime (REALTIME_URL). Upgrades are handed through byte by byte. HTTP
 * long polling keeps to one realtime program per client address, since a Socket.IO session lives in one program.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Log } from '@parley/core';
import { createProxyServer } from 'httpxy';
import { addressKey } from '../http/client-address.ts';
import { type Target, Targets } from './targets.ts';
import { Tunnel } from './tunnel.ts';

/** Milliseconds until a target that does not answer an upgrade counts as away. */
const answerMs = 2_000;

export interface Forward {
  /** Whether the request belongs to realtime. */
  matches(url: string): boolean;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** A request of HTTP long polling. */
  request(req: IncomingMessage, res: ServerResponse): void;
  /** Closes forwarded connections with 1012 and answers polls with 503; resolves when they are gone. */
  drain(): Promise<void>;
}

export interface ForwardOptions {
  urls: readonly string[];
  /** Proxies in front whose X-Forwarded-For is believed. */
  trustProxy: number;
  log: Log;
}

/** Makes the forwarding to `urls`. */
export function createForward({ urls, trustProxy, log }: ForwardOptions): Forward {
  const targets = new Targets(urls);
  const tunnels = new Set<Tunnel>();
  const polls = new Set<ServerResponse>();
  const proxy = createProxyServer({ xfwd: true, proxyTimeout: 60_000 });
  let draining: (() => void) | null = null;

  const key = (req: IncomingMessage) => addressKey(clientAddress(req, trustProxy));
  const settle = () => {
    if (draining && tunnels.size === 0 && polls.size === 0) draining();
  };

  function connect(client: Duplex, upstream: Duplex, received: Buffer, early: Buffer): void {
    const tunnel = new Tunnel(client, upstream, () => {
      tunnels.delete(tunnel);
      settle();
    });
    tunnels.add(tunnel);
    if (received.length > 0) tunnel.down(received);
    if (early.length > 0) upstream.write(early);
    if (draining) tunnel.drain();
  }

  function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    // A poll that upgrades belongs where it began; anything else may go anywhere.
    const sticky = new URLSearchParams((req.url ?? '').split('?')[1]).has('sid');
    const order = sticky ? targets.for(key(req)) : targets.inTurn();
    const attempt = (index: number): void => {
      const target = order[index];
      if (socket.destroyed) return;
      if (!target || draining) {
        socket.end(
          'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
        );
        return;
      }
      ask(target, req, (answer) => {
        if (answer.kind === 'away') {
          targets.failed(target);
          log.debug({ target: target.url.host, err: answer.error }, 'realtime could not be reached');
          attempt(index + 1);
        } else if (answer.kind === 'upgraded') {
          socket.write(headOf(answer.response));
          connect(socket, answer.socket, answer.head, head);
        } else {
          socket.write(headOf(answer.response));
          answer.response.pipe(socket);
        }
      });
    };
    attempt(0);
  }

  function request(req: IncomingMessage, res: ServerResponse): void {
    const [target] = targets.for(key(req));
    if (!target || draining) {
      refuse(res);
      return;
    }
    polls.add(res);
    res.once('close', () => {
      polls.delete(res);
      settle();
    });
    proxy.web(req, res, { target: target.url }).catch((error: unknown) => {
      targets.failed(target);
      log.debug({ target: target.url.host, err: error }, 'realtime could not be reached');
      refuse(res);
    });
  }

  return {
    matches: (url) => url === '/ws' || url.startsWith('/ws?') || url.startsWith('/socket.io/'),
    upgrade,
    request,
    drain() {
      return new Promise((resolve) => {
        draining = resolve;
        for (const tunnel of tunnels) tunnel.drain();
        for (const res of polls) refuse(res);
        settle();
      });
    },
  };
}

/** The address of the client, behind so many trusted proxies. */
function clientAddress(req: IncomingMessage, trustProxy: number): string | undefined {
  const passed = String(req.headers['x-forwarded-for'] ?? '').split(',');
  const hops = [...passed.map((hop) => hop.trim()).filter(Boolean), req.socket.remoteAddress];
  return hops.at(-1 - Math.min(trustProxy, hops.length - 1));
}

function refuse(res: ServerResponse): void {
  if (res.headersSent) res.destroy();
  else res.writeHead(503, { 'Retry-After': '1', Connection: 'close' }).end();
}

type Answer =
  | { kind: 'upgraded'; response: IncomingMessage; socket: Duplex; head: Buffer }
  | { kind: 'answered'; response: IncomingMessage }
  | { kind: 'away'; error: unknown };

/** Sends the upgrade on; calls back once. A target that is stopping (503) counts as away. */
function ask(target: Target, req: IncomingMessage, done: (answer: Answer) => void): void {
  const { url } = target;
  const forwarded = [req.headers['x-forwarded-for'], req.socket.remoteAddress].filter(Boolean).join(', ');
  const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)({
    hostname: url.hostname,
    port: url.port,
    method: req.method,
    path: req.url,
    headers: { ...req.headers, 'x-forwarded-for': forwarded },
    agent: false,
    timeout: answerMs,
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
  outgoing.once('error', (error) => done({ kind: 'away', error }));
  outgoing.once('upgrade', (response, socket, head) => {
    socket.setTimeout(0);
    done({ kind: 'upgraded', response, socket, head });
  });
  outgoing.once('response', (response) => {
    if (response.statusCode !== 503) done({ kind: 'answered', response });
    else {
      response.resume();
      done({ kind: 'away', error: new Error('it is stopping') });
    }
  });
  outgoing.end();
}

/** Status line and headers as they came. */
function headOf(response: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (let i = 0; i < response.rawHeaders.length; i += 2) {
    lines.push(`${response.rawHeaders[i]}: ${response.rawHeaders[i + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
