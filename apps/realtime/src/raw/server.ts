import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '@parley/contract';
import { AppError } from '@parley/core';
import { WebSocketServer } from 'ws';
import type { RealtimeContext } from '../context.ts';
import { RawConnection } from './connection.ts';

/** The token of `?token=` or of the Authorization header; null where neither is given. */
function tokenOf(req: IncomingMessage): string | null {
  const query = (req.url ?? '').split('?', 2)[1] ?? '';
  const inQuery = new URLSearchParams(query).get('token');
  if (inQuery !== null) return inQuery;
  return /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1] ?? null;
}

/** The raw WebSocket transport: takes upgrades and looks after connections until they are signed in. */
export class RawServer {
  readonly #ctx: RealtimeContext;
  /** Connections that are no sessions yet, oldest first. */
  readonly #arriving = new Set<RawConnection>();
  readonly #wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.frame,
    perMessageDeflate: false,
  });
  #draining = false;

  constructor(ctx: RealtimeContext) {
    this.#ctx = ctx;
  }

  /** Takes an upgrade; a bad token is told in a frame, so the upgrade itself succeeds. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const token = tokenOf(req);
    this.#wss.handleUpgrade(req, socket, head, (ws) => {
      const connection = new RawConnection(this.#ctx, ws, socket, (settled) =>
        this.#arriving.delete(settled),
      );
      this.#arriving.add(connection);
      if (this.#draining) connection.closeEarly('restart');
      else if (token !== null) void connection.signIn(token);
    });
  }

  /** Refuses those that took too long to send their token. */
  tick(now: number): void {
    for (const connection of this.#arriving) {
      if (connection.deadline > now) return;
      connection.refuse(new AppError('UNAUTHORIZED', 'No token came in time'));
    }
  }

  /** Closes what has not signed in yet, now and from now on. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#arriving) connection.closeEarly('restart');
  }
}
