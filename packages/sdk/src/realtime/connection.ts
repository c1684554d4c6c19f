import type { AckResults, ClientEvent, ClientEventInput } from '@parley/contract';
import { isTokenError, ParleyError } from '../errors.ts';
import { abortError, onAbort } from '../lib/abort.ts';
import type { DebugLog } from '../lib/debug.ts';
import { deferred } from '../lib/deferred.ts';
import type { Session } from '../session.ts';
import type { Timing } from '../timing.ts';
import { openSocket, readAck, readErrorEvent, readRefusal, type Socket } from './socket.ts';
import type { WebSocketClass } from './types.ts';
import { Upkeep } from './upkeep.ts';

export interface ConnectionParts {
  readonly url: URL;
  readonly session: Session;
  readonly timing: Timing;
  readonly debug: DebugLog;
  readonly WebSocket: WebSocketClass | undefined;
}

/** Who hears of a connection. */
export interface ConnectionListener {
  online(): void;
  event(event: string, data: unknown): void;
  /** Called at once, so that nobody sends into what is gone. */
  ended(): void;
}

/** How a connection ended. */
export interface Ended {
  readonly error: ParleyError;
  /** The token that it had last; undefined where there was none to connect with. */
  readonly token: string | undefined;
  /** Milliseconds it was online; 0 if it never was. */
  readonly lived: number;
}

/** One connection, from its beginning to its end. */
export class Connection {
  readonly #timing: Timing;
  readonly #socket: Socket;
  readonly #upkeep: Upkeep;

  constructor({ url, session, timing, debug, WebSocket }: ConnectionParts, token: string) {
    const socket = openSocket({ url, token, WebSocket, handshakeMs: timing.handshakeMs });
    const present = (renewed: string) => this.request('auth', { token: renewed });
    this.#timing = timing;
    this.#socket = socket;
    this.#upkeep = new Upkeep({ token, session, timing, debug, socket, present });
  }

  /** Connects; resolves when it is over: refused, lost, or aborted by the signal. Never rejects. */
  async run(listener: ConnectionListener, signal: AbortSignal): Promise<Ended> {
    const socket = this.#socket;
    const ended = deferred<ParleyError>();
    let since = Number.POSITIVE_INFINITY;
    let said: ParleyError | undefined;
    const end = (error: ParleyError) => {
      listener.ended();
      ended.resolve(error);
    };
    // The server may take the connection and then never answer for the namespace.
    const timer = setTimeout(() => end(new ParleyError('TIMEOUT')), this.#timing.handshakeMs);
    const forget = onAbort(signal, () => end(abortError(signal)));
    socket.on('connect', () => {
      clearTimeout(timer);
      since = Date.now();
      this.#upkeep.start();
      listener.online();
    });
    socket.on('connect_error', (error) => end(readRefusal(error)));
    // An `error` event says why the server is about to disconnect.
    socket.on('disconnect', (reason) => end(said ?? lost(reason)));
    socket.onAny((event: string, data: unknown) => {
      if (event === 'error') {
        const error = readErrorEvent(data);
        if (isTokenError(error)) said = error;
      }
      listener.event(event, data);
    });
    socket.connect();

    const error = await ended.promise;
    clearTimeout(timer);
    forget();
    this.#upkeep.stop();
    socket.off();
    socket.offAny();
    socket.disconnect();
    return { error, token: this.#upkeep.token, lived: Math.max(0, Date.now() - since) };
  }

  /** See `Link.request`. */
  async request<E extends ClientEvent>(event: E, data: ClientEventInput<E>): Promise<AckResults[E]> {
    const socket = this.#socket;
    let answer: unknown;
    try {
      answer = await socket.timeout(this.#timing.ackMs).emitWithAck(event, data);
    } catch (cause) {
      throw new ParleyError(socket.connected ? 'TIMEOUT' : 'NETWORK_ERROR', undefined, { cause });
    }
    try {
      // The server has made it of the same schema.
      return readAck(answer) as AckResults[E];
    } catch (error) {
      if (isTokenError(error)) this.#upkeep.refused();
      throw error;
    }
  }

  /** See `Link.tell`. */
  tell<E extends ClientEvent>(event: E, data: ClientEventInput<E>): void {
    this.#socket.emit(event, data);
  }
}

function lost(reason: string): ParleyError {
  return new ParleyError('NETWORK_ERROR', `The connection was lost (${reason})`);
}
