import { rawWire } from './raw-wire.ts';
import { socketIoWire } from './socketio-wire.ts';
import { WebSocketClient } from './websocket.ts';
import { emptyIncoming, type Incoming, type Wire } from './wire.ts';

export type Transport = 'ws' | 'socketio';

const READY_WITHIN_MS = 20_000;

/** A signed-in connection over either transport. */
export class Connection {
  readonly wire: Wire;
  /** The address it was opened to. */
  readonly base: string;
  /** Called for what arrives; the object is reused, so take out of it what is to be kept. */
  onIncoming: (incoming: Incoming) => void = () => {};
  onClose: (reason: string) => void = () => {};
  /** Where set, sees frames before they become text; true: it has dealt with this one. */
  onBytes: ((bytes: Buffer, start: number, end: number) => boolean) | null = null;
  #socket: WebSocketClient | null = null;
  #closed: string | null = null;
  readonly #incoming = emptyIncoming();
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;

  private constructor(base: string, transport: Transport) {
    this.base = base;
    this.wire = transport === 'ws' ? rawWire() : socketIoWire();
  }

  /** Connects and waits until the server has answered on the session itself. */
  static async open(
    base: string,
    transport: Transport,
    token: string,
    localAddress?: string,
  ): Promise<Connection> {
    const connection = new Connection(base, transport);
    const timer = setTimeout(() => {
      connection.#fail(`no session within ${READY_WITHIN_MS / 1000} s`);
    }, READY_WITHIN_MS);
    try {
      // Handled here so that a failure while the upgrade is awaited is not an unhandled rejection.
      connection.#ready.promise.catch(() => {});
      const { hostname, port } = new URL(base);
      connection.#socket = new WebSocketClient({
        host: hostname,
        port: Number(port || 80),
        target: connection.wire.target(token),
        ...(localAddress ? { localAddress } : {}),
        onText: (text) => connection.#read(text),
        onBytes: (bytes, start, end) => connection.onBytes?.(bytes, start, end) ?? false,
        onClose: (reason) => connection.#fail(reason),
      });
      await connection.#socket.opened;
      const hello = connection.wire.hello();
      if (hello) connection.send(hello);
      await connection.#ready.promise;
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get isOpen(): boolean {
    return this.#closed === null;
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  close(): void {
    this.#closed ??= 'closed by the generator';
    this.#socket?.close();
  }

  #read(text: string): void {
    const incoming = this.#incoming;
    this.wire.read(text, incoming, this.#reply);
    if (this.#isReady) {
      if (incoming.kind !== 'other' && incoming.kind !== 'ready') this.onIncoming(incoming);
    } else if (incoming.kind === 'ready') {
      this.#isReady = true;
      this.#ready.resolve();
    } else if (incoming.kind === 'error') {
      this.#fail(incoming.reason);
    }
  }

  readonly #reply = (text: string): void => this.send(text);

  #fail(reason: string): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    this.#ready.reject(new Error(reason));
    this.#socket?.close();
    if (this.#isReady) this.onClose(reason);
  }
}
