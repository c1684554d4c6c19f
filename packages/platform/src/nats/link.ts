/**
 * The connection to NATS. It is made once and kept for the life of the program: the client library connects again by
 * itself when the server goes, and where even that ends, a new connection is made here.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type Log, unavailable } from '@parley/core';
import { within } from '../within.ts';
import { readAddresses } from './address.ts';

export interface LinkOptions {
  url: string | readonly string[];
  /** Shown in the server's list of connections. */
  name: string;
  /** Milliseconds to wait for a connection. */
  timeoutMs: number;
  log: Log;
  /** The server can be reached (again). Must not throw. */
  onUp(connection: NatsConnection): void;
  /** It cannot be reached any more. Must not throw. */
  onDown(): void;
}

/** Milliseconds between attempts to reach one server. */
const redialMs = 200;
/** How often the server must show that it lives, in milliseconds; two silences in a row end the connection. */
const pingMs = 3_000;

export class NatsLink {
  readonly #options: LinkOptions;
  #connection: NatsConnection | undefined;
  #up = false;
  #closing = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** The connection, if the server can be reached now. */
  get live(): NatsConnection | undefined {
    return this.#up ? this.#connection : undefined;
  }

  /** Connects for the first time. Rejects with `unavailable` within `timeoutMs`, and may be called again then. */
  async open(): Promise<NatsConnection> {
    const { log } = this.#options;
    try {
      const connection = await this.#connect();
      log.debug({ server: connection.getServer() }, 'connected to NATS');
      return connection;
    } catch (error) {
      log.error({ err: error, servers: readAddresses(this.#options.url).servers }, 'NATS cannot be reached');
      throw error;
    }
  }

  async close(): Promise<void> {
    const { live } = this;
    this.#closing = true;
    this.#up = false;
    const connection = this.#connection;
    if (!connection) return;
    // What was written last (acks among it) still goes out, if the server takes it.
    if (live) {
      await within(
        live.flush().catch(() => undefined),
        this.#options.timeoutMs,
      );
    }
    await within(
      connection.close().catch(() => undefined),
      this.#options.timeoutMs,
    );
  }

  async #connect(): Promise<NatsConnection> {
    const { url, name, timeoutMs } = this.#options;
    const address = readAddresses(url);
    let connection: NatsConnection;
    try {
      connection = await connect({
        ...address,
        name,
        timeout: timeoutMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: redialMs,
        reconnectJitter: redialMs / 2,
        // Credentials may be changed on the server first; that must not end the program's connection for ever.
        ignoreAuthErrorAbort: true,
        pingInterval: pingMs,
        noAsyncTraces: true,
      });
    } catch (error) {
      throw unavailable('The event bus', error);
    }
    // The library forgets servers that were down at the first attempt.
    connection.setServers(address.servers);
    this.#connection = connection;
    this.#up = true;
    void this.#watch(connection);
    return connection;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    const { log } = this.#options;
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#down(status.server);
      if (status.type === 'reconnect') {
        log.info({ server: status.server }, 'connected to NATS again');
        this.#up = true;
        this.#options.onUp(connection);
      }
      if (status.type === 'error') log.warn({ err: status.error }, 'NATS refused something');
    }
    const error = await connection.closed();
    if (this.#closing) return;
    this.#down('');
    log.error({ err: error }, 'the connection to NATS ended: a new one is made');
    await this.#reopen();
  }

  #down(server: string): void {
    if (!this.#up) return;
    this.#up = false;
    if (!this.#closing) this.#options.log.warn({ server }, 'NATS cannot be reached');
    this.#options.onDown();
  }

  async #reopen(): Promise<void> {
    while (!this.#closing) {
      try {
        this.#options.onUp(await this.#connect());
        return;
      } catch {
        await pause(redialMs, undefined, { ref: false });
      }
    }
  }
}
