/**
 * `/ws` in front of the fake server, as docs/protocol.md has it: each raw connection is one of Socket.IO behind it, so that all
 * that a test does to the fake server happens to raw clients, too.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Ack, closeCodes, type ErrorCode, errorCatalogue } from '@parley/contract';
import { io, type Socket } from 'socket.io-client';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FakeServer } from './server.ts';

interface Frame {
  event: string;
  data: unknown;
  req_id?: string;
}

/** The raw connections of a front, as `ws` has them. */
export interface Front {
  readonly url: string;
  readonly sockets: ReadonlySet<WebSocket>;
  close(): Promise<void>;
}

/** Listens on a free port of its own. */
export async function frontOf(server: FakeServer): Promise<Front> {
  const http = createServer((asked, answer) => forward(server.url, asked, answer));
  const sockets = new WebSocketServer({ server: http, path: '/ws' });
  sockets.on('connection', (socket) => join(socket, server.url));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sockets: sockets.clients,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

function forward(url: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { method, headers } = asked;
  const passed = request(url + asked.url, { method, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 500, response.headers);
    response.pipe(answer);
  });
  // The server is away: so are we.
  passed.on('error', () => answer.destroy());
  asked.pipe(passed);
}

/** The first frame has the token; others may follow at once. */
function join(socket: WebSocket, url: string): void {
  let behind: Socket | undefined;
  const early: Frame[] = [];
  socket.on('message', (bytes) => {
    const frame = JSON.parse(String(bytes)) as Frame;
    if (behind?.connected) pass(behind, socket, frame);
    else if (behind) early.push(frame);
    else behind = signIn(frame);
  });
  socket.on('close', () => behind?.disconnect());

  function signIn({ data, req_id }: Frame): Socket {
    const { token } = data as { token: string };
    const made = io(url, {
      auth: { token },
      transports: ['websocket'],
      reconnection: false,
      multiplex: false,
    });
    let refused = false;
    made.on('connect', () => {
      tell(socket, { event: 'auth', data: { expires_in: 900 }, ...answering(req_id) });
      for (const frame of early) pass(made, socket, frame);
    });
    made.on('connect_error', (error: Error & { data?: { code: number } }) => {
      if (!error.data) return socket.terminate();
      tell(socket, { event: 'error', data: error.data, ...answering(req_id) });
      socket.close(error.data.code === 4001 ? closeCodes.unauthorized : closeCodes.internal);
    });
    made.onAny((event: string, told: unknown) => {
      tell(socket, { event, data: told });
      refused ||= event === 'error' && (told as { code: number }).code === 4001;
    });
    made.on('disconnect', () => (refused ? socket.close(closeCodes.unauthorized) : socket.terminate()));
    return made;
  }
}

/** A ping is answered even where nobody asks for it. */
const answers: Record<string, string> = { 'message.send': 'message.sent', ping: 'pong' };

function pass(behind: Socket, socket: WebSocket, { event, data, req_id }: Frame): void {
  if (req_id === undefined && event !== 'ping') {
    behind.emit(event, data);
    return;
  }
  behind.emit(event, data, (ack: Ack<unknown>) => {
    if (ack.ok) tell(socket, { event: answers[event] ?? event, data: ack.data, ...answering(req_id) });
    else {
      const { code, ...rest } = ack.error;
      const number = errorCatalogue[code as ErrorCode].socket;
      tell(socket, { event: 'error', data: { ...rest, code: number, reason: code }, ...answering(req_id) });
    }
  });
}

function answering(req_id: string | undefined) {
  return req_id === undefined ? {} : { req_id };
}

function tell(socket: WebSocket, frame: Frame): void {
  socket.send(JSON.stringify({ ...frame, timestamp: new Date().toISOString() }));
}
