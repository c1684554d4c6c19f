/**
 * The connections to FCM. firebase-admin neither lets a request be ended nor its host be chosen; an agent of our own does both.
 * Each try runs under its signal: when that aborts, the connection that carries its push ends, so that a push that was given up does
 * not go out late, beside its next try.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ClientRequest } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import { connect as connectPlain, isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** Where firebase-admin sends pushes; its token requests go to another host and serve all tries, so no try ends them. */
const sendHost = 'fcm.googleapis.com';

export class FcmAgent extends Agent {
  readonly #tries = new AsyncLocalStorage<AbortSignal>();
  readonly #endpoint: URL | null;
  readonly #timeoutMs: number;

  /** Connections on which nothing moves for `timeoutMs` end. `endpoint` takes the place of all hosts. */
  constructor(endpoint: string | null, timeoutMs: number) {
    super({ keepAlive: true, timeout: timeoutMs });
    this.#endpoint = endpoint === null ? null : new URL(endpoint);
    this.#timeoutMs = timeoutMs;
  }

  /** Does `work`, which sends one push, until `signal` aborts. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#tries.run(signal, work);
  }

  override createConnection(
    options: RequestOptions,
    done?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = this.#endpoint === null ? super.createConnection(options, done) : reach(this.#endpoint);
    if (socket instanceof Socket) {
      const silent = () => socket.destroy(coded('ETIMEDOUT', `nothing came for ${this.#timeoutMs} ms`));
      socket.setTimeout(this.#timeoutMs).on('timeout', silent);
      this.#bind(socket, options.host);
    }
    return socket;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    super.reuseSocket(socket, request);
    this.#bind(socket, request.host);
  }

  #bind(socket: Duplex, host: string | null | undefined): void {
    const signal = this.#tries.getStore();
    if (!signal || host !== sendHost) return;
    const end = () => socket.destroy(coded('ABORTED', 'the try was given up'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  }
}

function reach({ protocol, hostname, port }: URL): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'http:') return connectPlain({ host, port: Number(port || 80) });
  return connectTls({ host, port: Number(port || 443), ...(isIP(host) ? {} : { servername: host }) });
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
