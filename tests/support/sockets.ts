/** Real-time clients for tests: a raw WebSocket and a Socket.IO one with the same face. */
import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import WebSocket from 'ws';

export interface Received {
  event: string;
  // Tests look into data of many shapes; the schemas are checked by tests of their own.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  data: any;
  req_id?: string;
}

/** Keeps what came and lets a test wait for what is to come, whichever is first. */
class Mailbox {
  readonly all: Received[] = [];
  #waiting: { match(frame: Received): boolean; resolve(frame: Received): void }[] = [];

  push(frame: Received): void {
    this.all.push(frame);
    const index = this.#waiting.findIndex((waiting) => waiting.match(frame));
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve(frame);
  }

  next(match: (frame: Received) => boolean, what: string): Promise<Received> {
    const seen = this.all.find(match);
    if (seen) return Promise.resolve(seen);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const came = this.all.map((frame) => frame.event).join(', ');
        reject(new Error(`no ${what} within 10 s; came: ${came}`));
      }, 10_000);
      this.#waiting.push({
        match,
        resolve: (frame) => {
          clearTimeout(timer);
          resolve(frame);
        },
      });
    });
  }
}

export interface TestSocket {
  readonly kind: 'raw' | 'socket.io';
  readonly received: Received[];
  /** The first frame of this event that matches, past or to come. */
  next(event: string, match?: (data: Received['data']) => boolean): Promise<Received['data']>;
  emit(event: string, data: unknown): void;
  /** Sends a frame and waits for what it is answered. */
  ask(event: string, data: unknown): Promise<Received>;
  /** Sends a text message and waits for `message.sent`. */
  send(chatId: string, body: string, clientMsgId?: string): Promise<Received['data']>;
  /** Resolves when the connection is closed, with the close code where the transport tells one. */
  readonly closed: Promise<number>;
  close(): void;
}

export async function rawSocket(url: string, token: string): Promise<TestSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${token}`);
  const box = new Mailbox();
  socket.on('message', (text) => box.push(JSON.parse(String(text)) as Received));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve());
    socket.on('error', reject);
  });
  const emit = (event: string, data: unknown, reqId?: string) =>
    socket.send(JSON.stringify({ event, data, ...(reqId === undefined ? {} : { req_id: reqId }) }));
  // The upgrade succeeds before the token is checked; a pong says that the session stands.
  const ready = randomUUID();
  emit('ping', {}, ready);
  await Promise.race([box.next((frame) => frame.req_id === ready, 'pong'), closed]);
  return {
    kind: 'raw',
    received: box.all,
    closed,
    next: async (event, match = () => true) =>
      (await box.next((frame) => frame.event === event && match(frame.data), event)).data,
    emit,
    ask(event, data) {
      const id = randomUUID();
      emit(event, data, id);
      return box.next((frame) => frame.req_id === id, `answer to ${event}`);
    },
    async send(chatId, body, clientMsgId = randomUUID()) {
      const id = randomUUID();
      emit(
        'message.send',
        { chat_id: chatId, client_msg_id: clientMsgId, type: 'text', payload: { body } },
        id,
      );
      return (await box.next((frame) => frame.req_id === id, 'message.sent')).data;
    },
    close: () => socket.close(),
  };
}

export async function ioSocket(url: string, token: string): Promise<TestSocket> {
  const socket: Socket = io(url, {
    auth: { token },
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
  });
  const box = new Mailbox();
  socket.onAny((event: string, data: unknown) => box.push({ event, data }));
  const closed = new Promise<number>((resolve) => socket.on('disconnect', () => resolve(0)));
  await new Promise<void>((resolve, reject) => {
    socket.on('connect', () => resolve());
    socket.on('connect_error', reject);
  });
  return {
    kind: 'socket.io',
    received: box.all,
    closed,
    next: async (event, match = () => true) =>
      (await box.next((frame) => frame.event === event && match(frame.data), event)).data,
    emit: (event, data) => {
      socket.emit(event, data);
    },
    async ask(event, data) {
      const ack = (await socket.timeout(10_000).emitWithAck(event, data)) as
        | { ok: true; data: unknown }
        | { ok: false; error: { code: string } };
      return ack.ok
        ? { event, data: ack.data }
        : { event: 'error', data: { ...ack.error, reason: ack.error.code } };
    },
    async send(chatId, body, clientMsgId = randomUUID()) {
      const data = { chat_id: chatId, client_msg_id: clientMsgId, type: 'text', payload: { body } };
      const ack = (await socket.emitWithAck('message.send', data)) as {
        ok: boolean;
        data: unknown;
        error?: unknown;
      };
      if (!ack.ok) throw new Error(JSON.stringify(ack.error));
      return ack.data;
    },
    close: () => socket.disconnect(),
  };
}

/** Opens a connection of the kind asked for. */
export function openSocket(kind: TestSocket['kind'], url: string, token: string): Promise<TestSocket> {
  return kind === 'raw' ? rawSocket(url, token) : ioSocket(url, token);
}
