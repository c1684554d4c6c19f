/**
 * The only place that touches what Socket.IO and Engine.IO do not document. All of it saves time or memory; where a future
 * version has no such thing, the documented way is taken, or nothing is saved.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Server, Socket } from 'socket.io';
import type { WebSocket } from 'ws';

/** An Engine.IO connection. */
export type Connection = Socket['conn'];

interface EngineInternals {
  request: IncomingMessage | null;
  upgrading: boolean;
  writeBuffer: unknown[];
  transport: { name: string; socket?: WebSocket & { _socket?: Duplex } };
}

interface AckInternals {
  ack(id: number): (answer: unknown) => void;
}

function inside(conn: Connection): EngineInternals {
  return conn as unknown as EngineInternals;
}

/** The WebSocket under a connection, with the socket under that; undefined while it polls. */
export function webSocketOf(conn: Connection): { ws: WebSocket; socket: Duplex } | undefined {
  const { name, socket: ws } = inside(conn).transport;
  const socket = name === 'websocket' ? ws?._socket : undefined;
  return ws && socket ? { ws, socket } : undefined;
}

/** Whether what we write to the socket now comes after all that Engine.IO was given. */
export function isFlushed(conn: Connection): boolean {
  const engine = inside(conn);
  return engine.writeBuffer.length === 0 && !engine.upgrading;
}

/** Packets that wait in Engine.IO for their transport. */
export function waitingPackets(conn: Connection): number {
  return inside(conn).writeBuffer.length;
}

/**
 * Lets go of the HTTP request that a connection began with: headers and URL are some kilobytes. A WebSocket's is also held
 * by a listener of Engine.IO's, so it is emptied.
 */
export function releaseRequest(server: Server): void {
  server.engine.on('connection', (conn: Connection) => {
    const engine = inside(conn);
    if (engine.request && engine.transport.name === 'websocket') {
      engine.request.headers = {};
      engine.request.rawHeaders = [];
      engine.request.url = '';
    }
    engine.request = null;
  });
}

/** Forgets the handshake: its token must not stay in memory, the rest need not. */
export function releaseHandshake(socket: Socket): void {
  socket.handshake.auth = {};
  socket.handshake.headers = {};
  socket.handshake.query = {};
  socket.handshake.url = '';
}

/**
 * Gives acknowledgements to `write` with their packet id, so that they leave in one write with the other frames of the turn
 * instead of in one each.
 */
export function takeAcks(socket: Socket, write: (id: number, answer: unknown) => void): void {
  (socket as unknown as AckInternals).ack = (id) => (answer) => write(id, answer);
}
