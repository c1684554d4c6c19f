import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as SocketIoServer } from 'socket.io';
import { WebSocketServer } from 'ws';

/**
 * What the fake does wrong, so that tests see the generator notice. Each `…Every` concerns every n-th message, and of a group its last
 * member alone.
 */
export interface Faults {
  dropEvery?: number;
  duplicateEvery?: number;
  swapEvery?: number;
  refuseEvery?: number;
  wrongIdEvery?: number;
  /** Delivers it to its sender as well. */
  echoEvery?: number;
  /** Leaves out a number. */
  holeEvery?: number;
  /** Put spaces into the JSON, which defeats scanning. */
  spaced?: boolean;
}

type Deliver = (event: string, data: object) => void;

interface Body {
  [name: string]: unknown;
}

/** As much of the contract as the generator needs, in memory: sign-in, chats, both transports. */
export async function startFakeServer(port = 0, faults: Faults = {}) {
  const chats = new Map<string, { members: string[]; seq: number; held: (() => void) | null }>();
  const online = new Map<string, Set<Deliver>>();
  const owners = new Map<string, { sender: string; chatId: string }>();
  const seen = { delivered: 0, read: 0, largestBatch: 0 };
  let count = 0;
  const hits = (every: number | undefined): boolean => every !== undefined && count % every === 0;
  const tell = (userId: string, event: string, data: object): void => {
    for (const deliver of online.get(userId) ?? []) deliver(event, data);
  };

  function send(userId: string, data: Body): { ok: true; data: object } | { ok: false; error: object } {
    const chat = chats.get(String(data.chat_id));
    count += 1;
    if (!chat || hits(faults.refuseEvery)) {
      return {
        ok: false,
        error: { code: 'TOO_MANY_REQUESTS', reason: 'TOO_MANY_REQUESTS', message: 'slow down' },
      };
    }
    chat.seq += hits(faults.holeEvery) ? 2 : 1;
    const ids = {
      message_id: randomUUID(),
      chat_id: data.chat_id,
      client_msg_id: data.client_msg_id,
      seq: chat.seq,
    };
    owners.set(ids.message_id, { sender: userId, chatId: String(data.chat_id) });
    const message = {
      ...ids,
      sender_id: userId,
      type: data.type,
      payload: data.payload,
      reply_to_preview: null,
    };
    const others = chat.members.filter((member) => member !== userId);
    const to = others.pop() ?? '';
    for (const other of others) tell(other, 'message.new', message);
    if (hits(faults.echoEvery)) tell(userId, 'message.new', message);
    const wrong = hits(faults.wrongIdEvery) ? { message_id: randomUUID() } : {};
    const deliver = (): void => tell(to, 'message.new', { ...message, ...wrong });
    if (hits(faults.swapEvery) && !chat.held) {
      chat.held = deliver;
      // Where no other message of the chat follows, nobody overtakes it: it must come all the same.
      setTimeout(() => {
        if (chat.held !== deliver) return;
        chat.held = null;
        deliver();
      }, 50);
    } else if (!hits(faults.dropEvery)) {
      deliver();
      if (hits(faults.duplicateEvery)) deliver();
      chat.held?.();
      chat.held = null;
    }
    return { ok: true, data: { ...ids, timestamp: new Date().toISOString() } };
  }

  function onEvent(userId: string, event: string, data: Body): void {
    if (event === 'message.delivered') {
      const ids = data.message_ids as string[];
      seen.delivered += ids.length;
      seen.largestBatch = Math.max(seen.largestBatch, ids.length);
      const last = owners.get(ids.at(-1) ?? '');
      if (last)
        tell(last.sender, 'message.status', { chat_id: last.chatId, user_id: userId, status: 'delivered' });
    } else if (event === 'message.read') {
      seen.read += 1;
    }
  }

  function join(userId: string, deliver: Deliver): () => void {
    const sockets = online.get(userId) ?? new Set();
    online.set(userId, sockets.add(deliver));
    return () => sockets.delete(deliver);
  }

  const http = createServer(async (request, response) => {
    const body = await readBody(request);
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const data = ((): Body | null => {
      switch (`${request.method} ${request.url}`) {
        case 'GET /ready':
          return {};
        case 'POST /api/v1/auth/request-otp':
          return { otp_dev: '123456' };
        case 'POST /api/v1/auth/verify-otp': {
          const id = randomUUID();
          return { access_token: id, user: { id } };
        }
        case 'GET /api/v1/users/me':
          return { id: token, display_name: 'Fake' };
        case 'POST /api/v1/chats': {
          const id = randomUUID();
          const others = (body.participant_ids as string[] | undefined) ?? [String(body.participant_id)];
          chats.set(id, { members: [token, ...others], seq: 0, held: null });
          return { chat_id: id };
        }
        default: {
          const [, chatId] = /^\/api\/v1\/chats\/([^/]+)\/messages\?/.exec(request.url ?? '') ?? [];
          const chat = chatId === undefined ? undefined : chats.get(chatId);
          if (!chat) return null;
          return { messages: chat.seq === 0 ? [] : [{ seq: chat.seq }], next_cursor: null, has_more: false };
        }
      }
    })();
    response.writeHead(data ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ success: data !== null, data }));
  });

  const stringify = (value: unknown): string => JSON.stringify(value, null, faults.spaced ? 1 : 0);
  const raw = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '', 'http://fake');
    if (url.pathname !== '/ws') return;
    raw.handleUpgrade(request, socket, head, (ws) => {
      const userId = url.searchParams.get('token') ?? '';
      if (userId === 'bad') return ws.close(4001, 'TOKEN_INVALID');
      const down = (event: string, data: object, reqId?: string): void =>
        ws.send(stringify({ event, data, req_id: reqId, timestamp: new Date().toISOString() }));
      ws.on('close', join(userId, down));
      ws.on('message', (bytes) => {
        const frame = JSON.parse(String(bytes)) as { event: string; data: Body; req_id?: string };
        if (frame.event === 'ping') down('pong', {});
        else if (frame.event !== 'message.send') onEvent(userId, frame.event, frame.data);
        else {
          const answer = send(userId, frame.data);
          if (answer.ok) down('message.sent', answer.data, frame.req_id);
          else down('error', answer.error, frame.req_id);
        }
      });
    });
  });

  const io = new SocketIoServer(http, { destroyUpgrade: false });
  io.use((socket, next) =>
    next(socket.handshake.auth.token === 'bad' ? new Error('TOKEN_INVALID') : undefined),
  );
  io.on('connection', (socket) => {
    const userId = String(socket.handshake.auth.token);
    socket.on(
      'disconnect',
      join(userId, (event, data) => socket.emit(event, data)),
    );
    socket.onAny((event: string, data: Body, ack?: (answer: object) => void) => {
      if (event === 'message.send') ack?.(send(userId, data));
      else if (event === 'ping') ack?.({ ok: true, data: {} });
      else onEvent(userId, event, data);
    });
  });

  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    seen,
    async close(): Promise<void> {
      for (const client of raw.clients) client.terminate();
      await io.close();
      http.closeAllConnections();
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length > 0 ? (JSON.parse(Buffer.concat(chunks).toString()) as Body) : {};
}
