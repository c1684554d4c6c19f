/** Requests of HTTP long polling on their way to realtime programs. */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Log } from '@parley/core';
import { createProxyServer } from 'httpxy';
import { answerMs } from './ask.ts';
import { forwardedFor, sessionId } from './headers.ts';
import type { Target } from './target.ts';
import type { Targets } from './targets.ts';

/** Milliseconds that a connection may take to stand. */
const connectMs = 2_000;
/** Milliseconds that a poll may be held once its connection stands: more than Socket.IO's pings are apart. */
const heldMs = 60_000;

interface Poll {
  readonly session: string | null;
  target: Target | null;
  outgoing: ClientRequest | null;
}

export class Polls {
  readonly #targets: Targets;
  readonly #log: Log;
  readonly #ended: () => void;
  readonly #polls = new Map<ServerResponse, Poll>();
  readonly #proxy = createProxyServer({ proxyTimeout: heldMs });
  /** Every client that polls holds a connection all the time. */
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  /** `ended` is called after each. */
  constructor(targets: Targets, log: Log, ended: () => void) {
    this.#targets = targets;
    this.#log = log;
    this.#ended = ended;
    this.#proxy.on('proxyReq', (outgoing, _req, res) => this.#sent(outgoing, res));
    this.#proxy.on('proxyRes', (response, _req, res) => this.#answered(response, res));
  }

  get size(): number {
    return this.#polls.size;
  }

  /** Sends it to where its session is, or, if it begins one, to where clients with this key go. */
  forward(req: IncomingMessage, res: ServerResponse, key: string): void {
    const poll: Poll = { session: sessionId(req), target: null, outgoing: null };
    const order = this.#targets.for(key, poll.session);
    // Node has told the client to go on; the proxy would not tell of requests that ask for it.
    delete req.headers.expect;
    // The proxy listens anew for each target that is tried.
    res.setMaxListeners(0);
    req.setMaxListeners(0);
    this.#polls.set(res, poll);
    res.once('close', () => {
      this.#polls.delete(res);
      poll.outgoing?.destroy();
      this.#ended();
    });
    this.#attempt(req, res, poll, order);
  }

  /** Answers all with 503. */
  refuse(): void {
    for (const [res, poll] of this.#polls) {
      refuse(res);
      poll.outgoing?.destroy();
    }
  }

  /** Lets idle connections go. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #attempt(req: IncomingMessage, res: ServerResponse, poll: Poll, order: readonly Target[]): void {
    const [target, ...others] = order;
    if (!target) {
      refuse(res);
      return;
    }
    const { protocol, host, port, servername } = target.endpoint;
    poll.target = target;
    poll.outgoing = null;
    const options = {
      target: { protocol, host, port },
      agent: protocol === 'https:' ? this.#https : this.#http,
      headers: { 'x-forwarded-for': forwardedFor(req) },
      ...(servername === undefined ? {} : { ssl: { servername } }),
    };
    this.#proxy.web(req, res, options).catch((error: unknown) => {
      if (res.destroyed || res.writableEnded) return;
      if (res.headersSent) {
        res.destroy();
        return;
      }
      // A connection that was kept may have been closed just now; that says nothing of its target.
      const stale = poll.outgoing?.reusedSocket === true;
      if (!stale) this.#targets.failed(target, poll.session);
      this.#log.debug({ target: target.name, err: error }, 'realtime could not be reached');
      if (hasBody(req)) refuse(res);
      else this.#attempt(req, res, poll, stale ? order : others);
    });
  }

  /** It has a connection, which may not stand yet. */
  #sent(outgoing: ClientRequest, res: ServerResponse): void {
    const poll = this.#polls.get(res);
    const { socket } = outgoing;
    if (!poll || !socket) {
      outgoing.destroy();
      return;
    }
    poll.outgoing = outgoing;
    const within = (ms: number, clear: (stop: () => void) => void): void => {
      const late = setTimeout(() => outgoing.destroy(new Error('no answer in time')), ms);
      const stop = () => clearTimeout(late);
      clear(stop);
      outgoing.once('close', stop);
    };
    // Nothing holds back the answer that begins a session.
    if (poll.session === null) within(answerMs, (stop) => outgoing.once('response', stop));
    else if (socket.connecting) {
      const stands = poll.target?.endpoint.protocol === 'https:' ? 'secureConnect' : 'connect';
      within(connectMs, (stop) => socket.once(stands, stop));
    }
  }

  #answered(response: IncomingMessage, res: ServerResponse): void {
    const poll = this.#polls.get(res);
    if (!poll?.target) return;
    // It is stopping.
    if (response.statusCode === 503) this.#targets.failed(poll.target, poll.session);
    else this.#targets.succeeded(poll.target);
    if (response.statusCode === 200 && poll.session !== null) {
      this.#targets.remember(poll.session, poll.target);
    }
  }
}

/** A body has gone with the first attempt. */
function hasBody(req: IncomingMessage): boolean {
  return (
    req.method !== 'GET' ||
    req.headers['content-length'] !== undefined ||
    req.headers['transfer-encoding'] !== undefined
  );
}

/** Answers 503, or cuts an answer that has begun. */
export function refuse(res: ServerResponse): void {
  if (res.headersSent) res.destroy();
  else res.writeHead(503, { 'Retry-After': '1', Connection: 'close' }).end();
}
