/**
 * The transport by Socket.IO. Each connection has a socket of its own, so that nothing of an old one (buffers, another user's data) is
 * sent. Loaded only where it is chosen.
 */
import { io, type Socket, WebSocket as WebSocketTransport } from 'socket.io-client';
import { ParleyError, readWireError, toParleyError } from '../errors.ts';
import { lost, type OpenTransport, readErrorEvent, type TransportOptions } from './transport.ts';
import type { WebSocketClass } from './types.ts';

type Events = Record<string, (data: unknown, answered?: (answer: unknown) => void) => void>;

export const openSocketIo: OpenTransport = (options, listener) => {
  const socket = socketOf(options);
  socket.on('connect', () => listener.opened());
  socket.on('connect_error', (error) => listener.closed(readRefusal(error)));
  socket.on('disconnect', (reason) => listener.closed(lost(reason)));
  socket.onAny((event: string, data: unknown) => listener.event(event, data));
  socket.connect();
  return {
    async request(event, data, timeoutMs) {
      let answer: unknown;
      try {
        answer = await socket.timeout(timeoutMs).emitWithAck(event, data);
      } catch (cause) {
        throw new ParleyError(socket.connected ? 'TIMEOUT' : 'NETWORK_ERROR', undefined, { cause });
      }
      return readAck(answer);
    },
    tell: (event, data) => void socket.emit(event, data),
    close() {
      socket.off();
      socket.offAny();
      socket.disconnect();
    },
  };
};

/** A socket that does not yet connect, and does not reconnect by itself. */
function socketOf({ url, token, WebSocket, handshakeMs }: TransportOptions): Socket<Events, Events> {
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
function readRefusal(error: Error & { data?: unknown }): ParleyError {
  return error.data ? readErrorEvent(error.data) : toParleyError(error);
}

/** An acknowledgement's data, or its error thrown. */
function readAck(answer: unknown): unknown {
  if (typeof answer === 'object' && answer !== null && 'ok' in answer) {
    if (answer.ok === true && 'data' in answer) return answer.data;
    if (answer.ok === false && 'error' in answer) throw readWireError(answer.error, 'BAD_REQUEST');
  }
  throw readWireError(null, 'INTERNAL_ERROR', { message: 'The answer cannot be read' });
}
