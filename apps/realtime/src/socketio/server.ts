import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '@parley/contract';
import { type AccessClaims, AppError, authenticate } from '@parley/core';
import { refuseUpgrade } from '@parley/runtime';
import { Server, type Socket } from 'socket.io';
import type { RealtimeContext } from '../context.ts';
import { toSocketError } from '../errors.ts';
import { releaseRequest } from './internals.ts';
import { SocketIoWire } from './wire.ts';

interface SocketData {
  /** What the token said, between the check and the connection. */
  claims?: AccessClaims;
}

/** Refused connections get `connect_error` with this as `err.data` (contract section 4). */
function refusal(ctx: RealtimeContext, cause: unknown): Error {
  const error = toSocketError(cause);
  if (error.code === 5000) ctx.log.error({ err: cause }, 'a token could not be checked');
  return Object.assign(new Error(error.message), { data: error });
}

/** The Socket.IO transport: delivery, rooms and acknowledgements are not its own but those of every session. */
export class SocketIoServer {
  readonly #ctx: RealtimeContext;
  readonly #io: Server;
  #draining = false;

  constructor(ctx: RealtimeContext, server: HttpServer, corsOrigins: readonly string[]) {
    this.#ctx = ctx;
    this.#io = new Server({
      path: '/socket.io',
      serveClient: false,
      // Whoever else listens for upgrades on this server decides about other paths.
      destroyUpgrade: false,
      transports: ['websocket', 'polling'],
      maxHttpBufferSize: limits.frame,
      perMessageDeflate: false,
      allowEIO3: false,
      cors: { origin: corsOrigins.includes('*') ? '*' : [...corsOrigins] },
      pingInterval: ctx.timings.pingMs,
      pingTimeout: ctx.timings.pongMs,
      connectTimeout: ctx.timings.authMs,
    });
    this.#io.attach(server);
    releaseRequest(this.#io);
    this.#io.engine.use((req: IncomingMessage, res: ServerResponse, next: () => void) =>
      this.#gate(req, res, next),
    );
    this.#io.use((socket, next) => void this.#signIn(socket, next));
    this.#io.on('connection', (socket) => this.#open(socket));
  }

  /** Takes no more connections. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends what never became a session. */
  close(): void {
    this.#io.engine.close();
  }

  #gate(req: IncomingMessage, res: ServerResponse, next: () => void): void {
    if (!this.#draining) next();
    else if (req.headers.upgrade) refuseUpgrade(req.socket, 503);
    else res.writeHead(503, { 'Retry-After': '1', Connection: 'close' }).end();
  }

  async #signIn(socket: Socket, next: (error?: Error) => void): Promise<void> {
    try {
      const { token } = socket.handshake.auth;
      const claims = await authenticate(this.#ctx.core, typeof token === 'string' ? token : undefined);
      await this.#ctx.sessions.prepare(claims);
      if (this.#draining) throw new AppError('SERVICE_UNAVAILABLE');
      (socket.data as SocketData).claims = claims;
      next();
    } catch (error) {
      next(refusal(this.#ctx, error));
    }
  }

  #open(socket: Socket): void {
    const { claims } = socket.data as SocketData;
    socket.data = {};
    try {
      if (!claims || this.#draining) throw new AppError('SERVICE_UNAVAILABLE');
      new SocketIoWire(this.#ctx, socket, claims);
    } catch (error) {
      // Signed out, or shutting down, since the token was checked.
      socket.emit('error', toSocketError(error));
      socket.disconnect(true);
    }
  }
}
