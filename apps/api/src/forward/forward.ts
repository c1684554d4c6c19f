/**
 * One public port: `/ws` and `/socket.io` go on to realtime (REALTIME_URL). Upgrades are handed through byte by byte. HTTP
 * long polling keeps to one realtime program per client address, since a Socket.IO session lives in one program.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '@parley/core';
import { endSocket, refuseUpgrade } from '@parley/runtime';
import { addressKey } from '../http/client-address.ts';
import { type Answer, ask } from './ask.ts';
import { clientAddress, headOf, sessionId } from './headers.ts';
import type { Resolve } from './origin.ts';
import { Polls, refuse } from './polls.ts';
import type { Target } from './target.ts';
import { Targets } from './targets.ts';
import { Tunnel } from './tunnel.ts';

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
  /** Addresses without a path; a name stands for all of its addresses. */
  urls: readonly string[];
  /** Proxies in front whose X-Forwarded-For is believed. */
  trustProxy: number;
  log: Log;
  /** How names are resolved, for tests. */
  resolve?: Resolve;
}

/** Makes the forwarding to `urls`. */
export function createForward({ urls, trustProxy, log, resolve }: ForwardOptions): Forward {
  const targets = new Targets(urls, resolve ? { resolve } : {});
  const tunnels = new Set<Tunnel>();
  /** Clients that a realtime program is being asked for, each with what gives the question up. */
  const asking = new Map<Duplex, () => void>();
  const polls = new Polls(targets, log, () => settle());
  const drained = Promise.withResolvers<void>();
  let draining = false;

  const key = (req: IncomingMessage) => addressKey(clientAddress(req, trustProxy));
  const settle = () => {
    if (!draining || tunnels.size > 0 || polls.size > 0) return;
    polls.close();
    drained.resolve();
  };

  function connect(client: Duplex, upstream: Duplex, received: Buffer, early: Buffer): void {
    const tunnel = new Tunnel(client, upstream, () => {
      tunnels.delete(tunnel);
      settle();
    });
    tunnels.add(tunnel);
    if (received.length > 0) tunnel.down(received);
    if (early.length > 0) upstream.write(early);
  }

  function answer(client: Duplex, early: Buffer, given: Exclude<Answer, { kind: 'away' }>): void {
    const { response } = given;
    if (client.destroyed) {
      // Its 'close' is still to come, or has been: nobody is left to hand anything to.
      if (given.kind === 'upgraded') given.socket.destroy();
      else response.destroy();
      return;
    }
    client.write(headOf(response), 'latin1');
    if (given.kind === 'upgraded') {
      connect(client, given.socket, given.head, early);
      return;
    }
    client.once('close', () => response.destroy());
    response.once('error', () => client.destroy());
    response.once('end', () => endSocket(client));
    response.pipe(client, { end: false });
  }

  function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    socket.once('close', () => asking.delete(socket));
    // A poll that upgrades belongs where it began; anything else may go anywhere.
    const session = sessionId(req);
    const order = session === null ? targets.inTurn() : targets.for(key(req), session);
    const attempt = ([target, ...others]: readonly Target[]): void => {
      if (socket.destroyed) return;
      if (!target || draining) {
        refuseUpgrade(socket, 503);
        return;
      }
      const giveUp = ask(target, req, socket, (given) => {
        asking.delete(socket);
        if (given.kind === 'away') {
          targets.failed(target, session);
          log.debug({ target: target.name, err: given.error }, 'realtime could not be reached');
          attempt(others);
        } else {
          targets.succeeded(target);
          answer(socket, head, given);
        }
      });
      asking.set(socket, giveUp);
    };
    attempt(order);
  }

  return {
    matches: (url) => url === '/ws' || url.startsWith('/ws?') || url.startsWith('/socket.io/'),
    upgrade,
    request(req, res) {
      if (draining) refuse(res);
      else polls.forward(req, res, key(req));
    },
    drain() {
      if (draining) return drained.promise;
      draining = true;
      targets.close();
      for (const [socket, giveUp] of asking) {
        giveUp();
        refuseUpgrade(socket, 503);
      }
      asking.clear();
      for (const tunnel of tunnels) tunnel.drain();
      polls.refuse();
      settle();
      return drained.promise;
    },
  };
}
