/** One Socket.IO connection. Each try makes a new one, so that nothing of an old one (buffers, another user's data) is sent. */
import { type Socket as AnySocket, io, WebSocket as WebSocketTransport } from 'socket.io-client';
import { codeOfSocketError, type ParleyError, readWireError, toParleyError } from '../errors.ts';
import type { WebSocketClass } from './types.ts';

type Events = Record<string, (data: unknown, answered?: (answer: unknown) => void) => void>;

/** A Socket.IO socket whose events are checked by those who use it. */
export type Socket = AnySocket<Events, Events>;

export interface SocketOptions {
  readonly url: URL;
  readonly token: string;
  readonly WebSocket: WebSocketClass | undefined;
  readonly handshakeMs: number;
}

/** Makes a socket that does not yet connect, and does not reconnect by itself. */
export function openSocket({ url, token, WebSocket, handshakeMs }: SocketOptions): Socket {
  return io(url.origin, {
    path: `${url.pathname.replace(/\/+$/, '')}/socket.io`,
    multiplex: false,
    autoConnect: false,
    reconnection: false,
    timeout: handshakeMs,
    auth: { token },
    transports: WebSocket ? [transportOf(WebSocket)] : ['websocket', 'polling'],
    // Some networks let no WebSocket pass: then long polling is tried.
    tryAllTransports: true,
  });
}

function transportOf(Class: WebSocketClass): typeof WebSocketTransport {
  return class extends WebSocketTransport {
    override createSocket(uri: string, protocols: string | string[] | undefined) {
      return protocols ? new Class(uri, protocols) : new Class(uri);
    }
  };
}

/** Why a connection was refused: `data` of a Socket.IO `connect_error` is the contract's `error`, else it is the network. */
export function readRefusal(error: Error & { data?: unknown }): ParleyError {
  return error.data ? readErrorEvent(error.data) : toParleyError(error);
}

/** An `error` event (contract section 4): `code` is a number there, `reason` the catalogue's code. */
export function readErrorEvent(data: unknown): ParleyError {
  if (typeof data !== 'object' || data === null) return readWireError(null, 'INTERNAL_ERROR');
  const { code, reason, ...rest } = data as Record<string, unknown>;
  return readWireError({ ...rest, code: reason }, codeOfSocketError(Number(code)));
}

/** An acknowledgement's data, or its error thrown. */
export function readAck(answer: unknown): unknown {
  if (typeof answer === 'object' && answer !== null && 'ok' in answer) {
    if (answer.ok === true && 'data' in answer) return answer.data;
    if (answer.ok === false && 'error' in answer) throw readWireError(answer.error, 'BAD_REQUEST');
  }
  throw readWireError(null, 'INTERNAL_ERROR', { message: 'The answer cannot be read' });
}
