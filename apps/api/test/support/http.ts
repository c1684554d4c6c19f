/** Real HTTP to an API under test, on a port of its own. */
import { once } from 'node:events';
import { type ClientRequest, createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type Envelope, errorEnvelope } from '@parley/contract';
import { expect } from 'vitest';
import { type Api, createApi } from '../../src/index.ts';
import type { UploadTimes } from '../../src/uploads/patience.ts';
import { type FakeOptions, type FakeRuntime, fakeRuntime } from './fake-runtime.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Tests look into answers of every kind, so `data` is open. */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts what it finds
export type AnyEnvelope = Envelope<any>;

export interface RestAnswer extends Answer {
  body: AnyEnvelope;
}

export interface CallOptions {
  headers?: Record<string, string | string[]>;
  /** Sent as JSON, or as it is where it is text or bytes. */
  body?: unknown;
  token?: string;
}

export class TestServer {
  readonly runtime: FakeRuntime;
  readonly api: Api;
  readonly server: Server;

  private constructor(runtime: FakeRuntime, times: UploadTimes | undefined) {
    this.runtime = runtime;
    this.api = createApi(runtime, times);
    this.server = createServer(this.api.handler);
    this.api.attach(this.server);
  }

  static async start(options: FakeOptions & { times?: UploadTimes } = {}): Promise<TestServer> {
    const server = new TestServer(fakeRuntime(options), options.times);
    await server.runtime.start();
    server.server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    return server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
    await this.runtime.close();
  }

  /** Any request, as it is. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const sent = this.open(method, path, options);
    const [response] = await once(sent, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return {
      status: response.statusCode,
      headers: response.headers,
      text: Buffer.concat(chunks).toString('utf8'),
    };
  }

  /** A request below `/api/v1`. */
  async rest(method: string, path: string, options: CallOptions = {}): Promise<RestAnswer> {
    const answer = await this.call(method, `/api/v1${path}`, options);
    return { ...answer, body: JSON.parse(answer.text || 'null') };
  }

  /** Begins a request; its body is sent and ended. */
  open(method: string, path: string, options: CallOptions = {}): ClientRequest {
    const { body, token } = options;
    const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const content = raw ? body : JSON.stringify(body);
    const headers = {
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...(content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers,
    };
    const sent = request({ host: '127.0.0.1', port: this.port, method, path, headers });
    sent.end(content);
    return sent;
  }

  /** Connections that are open now. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  /** Writes bytes as they are and resolves with all that comes back until the server closes. */
  raw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let received = '';
      const socket = connect(this.port, '127.0.0.1', () => socket.write(text));
      socket.setEncoding('utf8');
      socket.on('data', (chunk: string) => {
        received += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(received));
    });
  }

  /** A user with a good access token. */
  async signIn(phone = '+491511234567', sessionId = crypto.randomUUID()) {
    const { user } = await this.runtime.users.upsertByPhone(phone);
    const token = await this.runtime.core.tokens.sign({ userId: user.id, phone, sessionId });
    return { user, token, sessionId };
  }

  /** Two users with a direct chat. */
  async pair() {
    const mina = await this.signIn('+491511234567');
    const jonas = await this.signIn('+491517654321');
    const { body } = await this.rest('POST', '/chats', {
      token: mina.token,
      body: { type: 'direct', participant_id: jonas.user.id },
    });
    return { mina, jonas, chatId: body.data.chat_id as string };
  }
}

/** An answer that refuses, with the contract's envelope and nothing internal in it. */
export function expectError(answer: RestAnswer, status: number, code: string) {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.body.error?.code).toBe(code);
  expect(errorEnvelope.safeParse(answer.body).error).toBeUndefined();
  expect(answer.text).not.toMatch(/at .*\.ts|node_modules|stack/);
}
