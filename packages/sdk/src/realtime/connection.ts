import type { AckResults, ClientEvent, ClientEventInput } from '@parley/contract';
import { isTokenError, ParleyError, toParleyError } from '../errors.ts';
import { abortError, onAbort } from '../lib/abort.ts';
import type { DebugLog } from '../lib/debug.ts';
import { deferred } from '../lib/deferred.ts';
import type { Session } from '../session.ts';
import type { Timing } from '../timing.ts';
import {
  lost,
  type OpenTransport,
  readErrorEvent,
  type Transport,
  type TransportListener,
} from './transport.ts';
import type { TransportName, WebSocketClass } from './types.ts';
import { Upkeep } from './upkeep.ts';

export interface ConnectionParts {
  readonly url: URL;
  readonly session: Session;
  readonly timing: Timing;
  readonly debug: DebugLog;
  readonly WebSocket: WebSocketClass | undefined;
  readonly transport?: TransportName | undefined;
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
  readonly #parts: ConnectionParts;
  readonly #upkeep: Upkeep;
  #transport: Transport | null = null;

  constructor(parts: ConnectionParts, token: string) {
    const { session, timing, debug } = parts;
    const present = (renewed: string) => this.request('auth', { token: renewed });
    const ping = () => this.tell('ping', {});
    this.#parts = parts;
    this.#upkeep = new Upkeep({ token, session, timing, debug, ping, present });
  }

  /** Connects; resolves when it is over: refused, lost, or aborted by the signal. Never rejects. */
  async run(open: OpenTransport, listener: ConnectionListener, signal: AbortSignal): Promise<Ended> {
    const { url, WebSocket, timing } = this.#parts;
    const { handshakeMs, pingMs } = timing;
    const ended = deferred<ParleyError>();
    let since = Number.POSITIVE_INFINITY;
    let said: ParleyError | undefined;
    const end = (error: ParleyError) => {
      this.#transport = null;
      listener.ended();
      ended.resolve(error);
    };
    // The server may take the connection and then never answer for the token.
    const timer = setTimeout(() => end(new ParleyError('TIMEOUT')), handshakeMs);
    const forget = onAbort(signal, () => end(abortError(signal)));
    const hears: TransportListener = {
      opened: () => {
        clearTimeout(timer);
        since = Date.now();
        this.#transport = transport;
        this.#upkeep.start();
        listener.online();
      },
      event: (event, data) => {
        // An `error` event says why the server is about to disconnect.
        const error = event === 'error' ? readErrorEvent(data) : undefined;
        if (isTokenError(error)) said = error;
        listener.event(event, data);
      },
      closed: (error) => end(said ?? error),
    };
    let transport: Transport | null = null;
    try {
      transport = open({ url, token: this.#upkeep.token, WebSocket, handshakeMs, pingMs }, hears);
    } catch (cause) {
      // A page over HTTPS may open no insecure WebSocket, say.
      end(toParleyError(cause));
    }

    const error = await ended.promise;
    clearTimeout(timer);
    forget();
    this.#upkeep.stop();
    transport?.close();
    return { error, token: this.#upkeep.token, lived: Math.max(0, Date.now() - since) };
  }

  /** See `Link.request`. */
  async request<E extends ClientEvent>(event: E, data: ClientEventInput<E>): Promise<AckResults[E]> {
    if (!this.#transport) throw lost('not connected');
    try {
      // The server has made it of the same schema.
      return (await this.#transport.request(event, data, this.#parts.timing.ackMs)) as AckResults[E];
    } catch (error) {
      if (isTokenError(error)) this.#upkeep.refused();
      throw error;
    }
  }

  /** See `Link.tell`. */
  tell<E extends ClientEvent>(event: E, data: ClientEventInput<E>): void {
    this.#transport?.tell(event, data);
  }
}
