/** What carries events between client and server (contract section 4): Socket.IO, or a raw WebSocket. Above it nobody knows which. */
import { codeOfSocketError, ParleyError, readWireError } from '../errors.ts';
import type { WebSocketClass } from './types.ts';

export interface TransportOptions {
  readonly url: URL;
  /** The access token to sign in with. */
  readonly token: string;
  /** The platform's, if it is not given. */
  readonly WebSocket: WebSocketClass | undefined;
  /** Milliseconds: how long the server may take to answer, so that it counts as there. */
  readonly handshakeMs: number;
  /** Milliseconds between two pings, which those above send. */
  readonly pingMs: number;
}

/** Who hears of a connection; nothing more after `closed`. */
export interface TransportListener {
  /** The server has taken the token. */
  opened(): void;
  /** An event of the server that is no answer. */
  event(event: string, data: unknown): void;
  /** Refused, lost, or closed by the server; never after `close()`. */
  closed(error: ParleyError): void;
}

/** One connection, which is being opened as soon as there is such an object. */
export interface Transport {
  /** Sends an event; resolves with the data of its answer. Errors: what the server says, `NETWORK_ERROR`, `TIMEOUT`. */
  request(event: string, data: unknown, timeoutMs: number): Promise<unknown>;
  /** Sends an event; nobody hears whether it arrived. */
  tell(event: string, data: unknown): void;
  /** Ends it; the listener hears nothing more. */
  close(): void;
}

export type OpenTransport = (options: TransportOptions, listener: TransportListener) => Transport;

/** An `error` event (contract section 4): `code` is a number there, `reason` the catalogue's code. */
export function readErrorEvent(data: unknown): ParleyError {
  if (typeof data !== 'object' || data === null) return readWireError(null, 'INTERNAL_ERROR');
  const { code, reason, ...rest } = data as Record<string, unknown>;
  return readWireError({ ...rest, code: reason }, codeOfSocketError(Number(code)));
}

/** The error of a connection that is gone. */
export function lost(reason: string): ParleyError {
  return new ParleyError('NETWORK_ERROR', `The connection was lost (${reason})`);
}
